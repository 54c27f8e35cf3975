(function () {
  "use strict";
  function each(selector, doing) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), doing);
  }
  function make(name, text, kind) {
    var part = document.createElement(name);
    if (text) part.textContent = text;
    if (kind) part.className = kind;
    return part;
  }
  // The filter: words of names, and `rule:`, `level:`, `harm:`, `status:`, `python:`. It stands in the address.
  var needle = document.getElementById("needle");
  var shown = document.getElementById("shown");
  // What came of each subject, in the words of the table; in a filter blanks are hyphens.
  var verdicts = {};
  each(".marks tr[data-name]", function (row) {
    verdicts[row.dataset.name] = row.querySelector(".state").textContent.trim().toLowerCase().replace(/ /g, "-");
  });
  var findings = Array.from(document.querySelectorAll(".finding")).map(function (part) {
    var home = part.closest("[data-name]");
    var text = function (selector) {
      return Array.from(part.querySelectorAll(":is(h3, h4) " + selector)).map(function (it) { return it.textContent; }).join(" ").toLowerCase();
    };
    var on = part.querySelector("dd");
    return { part: part, home: home, name: home ? home.dataset.name.toLowerCase() : "", rule: part.dataset.rule || "",
      level: text(".tag:not(.standing)"), status: text(".standing") + " " + (home && verdicts[home.dataset.name] || ""), harm: text(".harm").replace(" ", "-"), python: on ? on.textContent : "" };
  });
  function fits(it, words) {
    return words.every(function (word) {
      var at = word.indexOf(":");
      var key = word.slice(0, at);
      if (at > 0 && typeof it[key] === "string" && key !== "name") return it[key].includes(word.slice(at + 1));
      return it.name.includes(word);
    });
  }
  function filter() {
    var words = needle.value.toLowerCase().split(/\s+/).filter(Boolean);
    var homes = new Set(), names = new Set(), count = 0;
    findings.forEach(function (it) {
      var fit = fits(it, words);
      it.part.hidden = !fit;
      if (fit) { homes.add(it.home); names.add(it.name); count += 1; }
    });
    var keyed = words.some(function (word) { return /^(rule|level|harm|status|python):/.test(word); });
    each("[data-name]", function (part) {
      var name = part.dataset.name.toLowerCase();
      var own = part.tagName === "TR" ? names.has(name) : homes.has(part);
      part.hidden = !(own || (!keyed && words.every(function (word) { return name.includes(word); })));
    });
    shown.textContent = words.length ? count + (count === 1 ? " finding" : " findings") : "";
  }
  document.getElementById("filter").hidden = false;
  needle.addEventListener("input", function () {
    filter();
    history.replaceState(null, "", needle.value ? "#?q=" + encodeURIComponent(needle.value) : location.pathname + location.search);
  });
  // Rules and recorded findings are folded; not every browser unfolds what a link leads to.
  function open() {
    var hash = location.hash;
    if (hash.startsWith("#?q=")) {
      needle.value = decodeURIComponent(hash.slice(4));
      filter();
      return;
    }
    var target = document.getElementById(decodeURIComponent(hash.slice(1)));
    var fold = target && target.closest("details");
    if (!fold) return;
    fold.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", open);
  open();
  // j and k: the next finding, and the one before.
  document.addEventListener("keydown", function (event) {
    if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    var seen = findings.filter(function (it) { return it.part.offsetParent; }).map(function (it) { return it.part; });
    var next = event.key === "j"
      ? seen.find(function (part) { return part.getBoundingClientRect().top > 24; })
      : seen.reverse().find(function (part) { return part.getBoundingClientRect().top < -8; });
    if (next) location.hash = next.id;
  });
  // A button beside everything that is made to be copied.
  each(".copy", function (text) {
    var button = make("button", "Copy", "cp");
    button.type = "button";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(text.textContent).then(function () {
        button.textContent = "Copied";
      }, function () {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected: press Ctrl+C";
      });
    });
    text.after(button);
  });
  // The binding that was chosen once is chosen everywhere.
  // The next page opens with it, where the browser keeps anything for a file.
  function choose(wanted) {
    each(".tabs label", function (label) {
      if (label.textContent.split(", ").includes(wanted)) label.previousElementSibling.checked = true;
    });
  }
  document.addEventListener("change", function (event) {
    var chosen = event.target.closest(".tabs input");
    if (!chosen) return;
    var wanted = chosen.nextElementSibling.textContent.split(", ")[0];
    choose(wanted);
    try { localStorage.setItem("bufcheck-binding", wanted); } catch (refused) { /* it is chosen on this page only */ }
  });
  try { choose(localStorage.getItem("bufcheck-binding") || ""); } catch (refused) { /* nothing is kept */ }
  // The answers, one by one: laid out when they are looked at.
  var island = JSON.parse(document.getElementById("island").textContent);
  var fold = document.getElementById("answers");
  var words = { G: "granted", R: "refused", D: "died", H: "hung", V: "varied", "-": "not asked" };
  function cell(subject, at, name) {
    var letter = island.answers[subject[2]][at] || "-";
    var mark = island.marks[subject[3]][at];
    var kind = (letter === "-" ? "N" : letter) + (mark === "n" ? "n" : mark === "k" ? "k" : "");
    var td = make("td", letter + (mark === "n" ? "!" : mark === "k" ? "*" : ""), kind);
    td.title = name + ": " + words[letter] + (mark === "n" ? ", new finding" : mark === "k" ? ", recorded finding" : "");
    return td;
  }
  function every(subject, row) {
    var text = island.requests.map(function (flags, at) {
      return "0x" + (flags >>> 0).toString(16).padStart(3, "0") + " " + (island.answers[subject[2]][at] || "-");
    }).join("   ");
    var td = make("td", text, "every");
    td.colSpan = island.named.length + 1;
    var more = make("tr");
    more.append(td);
    row.after(more);
  }
  function grid(interpreter) {
    var table = make("table", "", "matrix");
    var head = table.createTHead(), groups = make("tr"), flags = make("tr"), last = "", span = 0, group;
    groups.append(make("td"));
    flags.append(make("th", "subject"));
    island.named.forEach(function (named) {
      var parts = named[1].split("|").filter(function (part) { return part !== "FORMAT" && part !== "WRITABLE"; });
      var name = parts.join("|") || "SIMPLE";
      if (name !== last) {
        group = make("th", name);
        groups.append(group);
        last = name;
        span = 0;
      }
      span += 1;
      group.colSpan = span;
      var sign = (named[1].includes("FORMAT") ? "F" : "") + (named[1].includes("WRITABLE") ? "W" : "");
      var th = make("th", sign || "·");
      th.title = named[1];
      flags.append(th);
    });
    head.append(groups, flags);
    var body = table.createTBody();
    island.subjects.forEach(function (subject) {
      if (subject[1] !== interpreter) return;
      var row = make("tr"), name = make("th"), button = make("button", subject[0], "name");
      row.dataset.name = subject[0];
      name.scope = "row";
      button.type = "button";
      button.title = "All " + island.requests.length + " requests";
      button.addEventListener("click", function () { every(subject, row); button.disabled = true; });
      name.append(button);
      row.append(name);
      island.named.forEach(function (named) { row.append(cell(subject, named[0], named[1])); });
      body.append(row);
    });
    return table;
  }
  if (island.subjects.length) fold.hidden = false;
  fold.addEventListener("toggle", function () {
    var place = document.getElementById("grid");
    if (place.childNodes.length) return;
    place.append(make("p", "F: with FORMAT, W: with WRITABLE. A name shows all requests of a subject.", "small"));
    island.interpreters.forEach(function (id, at) {
      var box = make("div", "", "scroll");
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", "Answers on " + id);
      box.append(grid(at));
      place.append(make("h3", id), box);
    });
    filter();
  });
})();
