// Before the first paint: says that scripts run, and what "auto" means on this device.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.remove("no-js");
  if (root.dataset.theme !== "auto" || !window.matchMedia) return;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() { root.dataset.bsTheme = dark.matches ? "dark" : "light"; }
  apply();
  dark.addEventListener("change", apply);
})();
