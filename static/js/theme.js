// Before the first paint: says that scripts run, and what "auto" means on this device.
// A page whose <html> is not ours (the administration) names its theme on the script's own tag.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.remove("no-js");
  var chosen = root.dataset.theme || document.currentScript.dataset.theme || "auto";
  if (chosen !== "auto") { root.dataset.bsTheme = chosen; return; }
  if (!window.matchMedia) return;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() { root.dataset.bsTheme = dark.matches ? "dark" : "light"; }
  apply();
  dark.addEventListener("change", apply);
})();
