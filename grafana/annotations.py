"""Annotations: marks on the time axis of a dashboard."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model

from grafana.parts import DATASOURCE, Sql


class RunErrors(model.AnnotationQuery):
    """Failed and dead runs as red marks. The SDK's annotation target has no field for SQL, so `to_json` adds it."""

    def to_json(self) -> dict[str, object]:
        """The annotation with its SQL target."""
        text = """
SELECT started_at AS time, coalesce(finished_at, started_at) AS timeend, state || ': ' || coalesce(message, '') AS text,
       kind AS tags
FROM v_pipeline_runs WHERE $__timeFilter(started_at) AND state IN ('failed', 'died')"""
        return {**super().to_json(), "target": Sql(text, "Anno").to_json()}


class RunErrorsBuilder(dashboard.AnnotationQuery):
    """Builds RunErrors."""

    def build(self) -> model.AnnotationQuery:
        """The annotation query."""
        return RunErrors(name="Failed runs", datasource=DATASOURCE, enable=True, icon_color="red", filter_val=None)
