(function () {
  "use strict";
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var darkColors = JSON.parse(document.getElementById("dark-colors").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  // A deep copy; on a dark page every light colour is replaced by its dark counterpart.
  function themed(value) {
    if (typeof value === "string") {
      return dark.matches && Object.prototype.hasOwnProperty.call(darkColors, value) ? darkColors[value] : value;
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

  // Each live figure stands over its still picture, which is what a printer gets.
  function draw() {
    Object.keys(figures).forEach(function (id) {
      var plot = document.getElementById(id);
      if (!plot) return;
      var element = plot.querySelector(".live");
      if (!element) {
        element = document.createElement("div");
        element.className = "live";
        plot.append(element);
        plot.classList.add("drawn");
      }
      var figure = themed(figures[id]);
      if (figure.layout.meta && figure.layout.meta.turn && (element.clientWidth || 600) < 700) transpose(figure);
      if (figure.layout.meta && figure.layout.meta.small && (element.clientWidth || 600) < 480) {
        figure.layout.annotations.forEach(function (note) { note.font.size = 7; });
      }
      // On a phone the numbers of a wide heatmap do not fit into its cells: a tap shows them.
      if ((element.clientWidth || 600) < 480) figure.data.forEach(function (trace) {
        if (trace.type === "heatmap" && trace.x.length > 6) delete trace.texttemplate;
      });
      Plotly.react(element, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    });
  }

  // Plotly is packed into the page, or the page was served and has loaded it already.
  function unpacked() {
    if (window.Plotly) return Promise.resolve();
    var packed = atob(document.getElementById("plotly").textContent);
    var bytes = new Uint8Array(packed.length);
    for (var i = 0; i < packed.length; i += 1) bytes[i] = packed.charCodeAt(i);
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text().then(function (text) {
      var script = document.createElement("script");
      script.textContent = text;
      document.body.append(script);
    });
  }

  unpacked().then(function () {
    draw();
    dark.addEventListener("change", function () { draw(); });
  }).catch(function () {});  // a browser from before 2023 keeps the still pictures

  // What a cell says on hover it says on focus and on a tap too: Escape closes it.
  var tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  function hide() { tip.hidden = true; }
  function show(element) {
    var place = element.getBoundingClientRect();
    tip.textContent = element.dataset.tip;
    tip.hidden = false;
    tip.style.top = (place.bottom + window.scrollY + 4) + "px";
    tip.style.left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8)) + window.scrollX + "px";
  }
  document.querySelectorAll("main [title], #receipts [title]").forEach(function (element) {
    element.dataset.tip = element.title;
    element.removeAttribute("title");
    element.tabIndex = 0;
    element.setAttribute("aria-describedby", "tip");
    element.addEventListener("focus", function () { show(element); });
    element.addEventListener("mouseenter", function () { show(element); });
    element.addEventListener("click", function () { show(element); });
    element.addEventListener("blur", hide);
    element.addEventListener("mouseleave", hide);
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });

  // A link to a receipt opens the list that contains it.
  function reveal() {
    var row = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    var list = row && row.closest("details");
    if (list) { list.open = true; row.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();
})();
