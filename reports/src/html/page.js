(function () {
  "use strict";
  var box = document.getElementById("filter");
  var needle = document.getElementById("needle");
  var shown = document.getElementById("shown");
  var named = document.querySelectorAll("[data-name]");
  box.hidden = false;
  needle.addEventListener("input", function () {
    var wanted = needle.value.toLowerCase();
    var names = new Set();
    named.forEach(function (part) {
      part.hidden = !part.dataset.name.toLowerCase().includes(wanted);
      if (!part.hidden) names.add(part.dataset.name);
    });
    shown.textContent = wanted ? names.size + " shown" : "";
  });
  // Rules and recorded findings are folded; not every browser unfolds what a link leads to.
  function open() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var fold = target && target.closest("details");
    if (!fold) return;
    fold.open = true;
    fold.scrollIntoView();
  }
  window.addEventListener("hashchange", open);
  open();
  // What a cell says, in words, when it is pointed at.
  var words = { G: "granted", R: "refused", D: "died", H: "hung", V: "varied", "-": "not asked", "!": ", new finding", "*": ", recorded finding" };
  document.querySelectorAll(".matrix").forEach(function (table) {
    table.addEventListener("mouseover", function (event) {
      var cell = event.target.closest("td:not(.state)");
      if (!cell || cell.title) return;
      var said = Array.from(cell.textContent.trim()).map(function (sign) { return words[sign] || ""; }).join("");
      cell.title = cell.parentNode.dataset.name + ": " + table.tHead.rows[0].cells[cell.cellIndex].textContent + ": " + said;
    });
  });
})();
