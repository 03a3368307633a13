(function () {
  "use strict";
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var darkColors = JSON.parse(document.getElementById("dark-colors").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var printing = false;

  // A deep copy; on a dark page every light colour is replaced by its dark counterpart.
  function themed(value) {
    if (typeof value === "string") {
      return dark.matches && !printing && Object.prototype.hasOwnProperty.call(darkColors, value) ? darkColors[value] : value;
    }
    if (Array.isArray(value)) return value.map(themed);
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = themed(value[key]); });
      return copy;
    }
    return value;
  }

  // Transposes a heatmap that is too wide for the screen, so that its names stay horizontal.
  function transpose(figure) {
    var trace = figure.data[0], across = figure.layout.xaxis, down = figure.layout.yaxis;
    function flipped(rows) {
      return rows[0].map(function (_, column) { return rows.map(function (row) { return row[column]; }); });
    }
    var names = trace.x;
    trace.x = trace.y;
    trace.y = names;
    trace.z = flipped(trace.z);
    if (trace.text) trace.text = flipped(trace.text);
    trace.hovertemplate = trace.hovertemplate.replace("%{x}", "%{_}").replace("%{y}", "%{x}").replace("%{_}", "%{y}");
    (figure.layout.annotations || []).forEach(function (note) { var x = note.x; note.x = note.y; note.y = x; });
    trace.textfont = { size: 9 };
    down.tickfont = across.tickfont;
    across.tickangle = -40;
    figure.layout.height = 90 + 26 * names.length;
  }

  function draw() {
    Object.keys(figures).forEach(function (id) {
      var element = document.getElementById(id);
      if (!element) return;
      var figure = themed(figures[id]);
      if (figure.layout.meta && figure.layout.meta.turn && (element.clientWidth || 600) < 700 && !printing) transpose(figure);
      if (figure.layout.meta && figure.layout.meta.small && (element.clientWidth || 600) < 480) {
        figure.layout.annotations.forEach(function (note) { note.font.size = 7; });
      }
      // On a phone the numbers of a wide heatmap do not fit into its cells: a tap shows them.
      if ((element.clientWidth || 600) < 480) figure.data.forEach(function (trace) {
        if (trace.type === "heatmap" && trace.x.length > 6) delete trace.texttemplate;
      });
      if (printing) figure.layout.width = element.closest(".card") ? 200 : element.closest(".wide") ? 650 : 305;
      Plotly.react(element, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    });
  }

  draw();
  dark.addEventListener("change", function () { draw(); });
  window.addEventListener("beforeprint", function () { printing = true; draw(); });
  window.addEventListener("afterprint", function () { printing = false; draw(); });

  // A link to a receipt opens the list that contains it.
  function reveal() {
    var row = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    var list = row && row.closest("details");
    if (list) { list.open = true; row.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();
})();
