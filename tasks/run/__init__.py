"""One run: its context, its panel and book, its stages and their results, its record and its progress.

run.py              Run, which flows pass to sub-flows and tasks
run_context.py      opens a run: settings, store, lake, HTTP client
run_record.py       the run's row in pipeline_runs
stage_runner.py     runs the stages of a daily run;  stages.py: the result of a stage
model_book.py       the book that the run marks
panel_input.py      the panel that the stages share;  episode_levels.py: levels of dated stress scenarios before it
report_gold.py      the gold that a report shows;  report_page.py: the page on disk
progress.py         events for the person who watches
"""
