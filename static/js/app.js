// What makes the pages quicker. Every page works without it.
(function () {
  "use strict";

  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

  function say(text) {
    const region = $("#live");
    if (region) region.textContent = text;
  }

  function element(tag, className, text) {
    const el = document.createElement(tag);
    if (className) el.className = className;
    if (text) el.textContent = text;
    return el;
  }

  // Choosing from long lists
  function dress(from) {
    if (!window.TomSelect) return;
    $$("select[data-pick]", from).forEach((select) => {
      if (select.tomselect) return;
      const remote = select.dataset.pickUrl;
      const dressed = new TomSelect(select, {
        create: false,
        // What is offered is what fits the words in the box: never what fitted earlier ones, never a late answer.
        onType: remote ? function () { this.clearOptions(); this.refreshOptions(); } : undefined,
        load: remote ? function (q, done) {
          if (q.length < 2) return done();
          fetch(remote + "?q=" + encodeURIComponent(q), { headers: { Accept: "application/json" } })
            .then((answer) => answer.json())
            .then((found) => done(this.inputValue().trim() === q.trim() ? found : []))
            .catch(() => done());
        } : undefined,
        onItemAdd: select.multiple ? function () { this.setTextboxValue(""); this.refreshOptions(false); } : undefined,
        searchField: remote ? [] : ["text"],
        maxOptions: 200,
        placeholder: select.dataset.placeholder || undefined,
        plugins: select.multiple ? ["remove_button"] : ["dropdown_input"],
        render: {
          no_results: (data, escape) => '<div class="no-results p-2">Nothing found for “' + escape(data.input) + "”</div>",
        },
      });
      // The label now belongs to the new control; the old ones must not be read out nameless.
      [select].concat($$(".items-placeholder", dressed.wrapper)).forEach((old) => old.setAttribute("aria-hidden", "true"));
    });
  }

  // Keys
  function rows() {
    const table = $("[data-rows]");
    return table ? $$("tbody tr, :scope > li, :scope > a", table).filter((row) => row.offsetParent) : [];
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("here"));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all.forEach((row) => row.classList.toggle("here", row === next));
    next.scrollIntoView({ block: "nearest" });
    const link = next.matches("a") ? next : $("a[href]", next);
    if (link) link.focus({ preventScroll: true });
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest && event.target.closest("form:not(.search)");
      const primary = (form && $("[data-primary]", form)) || $("[data-primary]");
      if (primary) {
        event.preventDefault();
        if (primary.tagName === "FORM") primary.requestSubmit();
        else primary.click();
      } else if (form) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.key === "Escape") {
      $$("details.menu[open], details.rail-more[open]").forEach((menu) => {
        menu.open = false;
        $("summary", menu).focus();
      });
      if (event.target.closest && event.target.closest(".search")) event.target.blur();
      return;
    }
    if (event.target.closest && event.target.closest(".search") && /^Arrow(Down|Up)$/.test(event.key)) {
      const stops = [$(".search input[type=search]")].concat($$(".search .hit"));
      const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const search = $("#search");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
    }
  });

  document.addEventListener("click", (event) => {
    $$("details.menu[open], details.rail-more[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const close = event.target.closest("[data-dismiss]");
    if (close) close.closest(".notice").remove();
    if (event.target.closest("[data-print]")) { event.preventDefault(); window.print(); }
    const retry = event.target.closest("[data-retry]");
    if (retry && window.htmx) {
      const panel = retry.closest("[hx-get]");
      if (panel) window.htmx.ajax("GET", panel.getAttribute("hx-get"), { target: panel, swap: "outerHTML" });
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a[href^='#']");
    const place = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!place) return;
    event.preventDefault();
    const field = place.tomselect ? place.tomselect : place.matches("input, select, textarea") ? place : $("input, select, textarea", place);
    if (field) field.focus();
    place.scrollIntoView({ block: "center" });
  });

  // Forms: sent once, not left by accident
  let dirty = null;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) dirty = form;
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && dirty.isConnected) event.preventDefault();
  });
  function free(form) {
    $$("button.busy", form).forEach((button) => { button.classList.remove("busy"); button.removeAttribute("aria-disabled"); });
    delete form.dataset.sent;
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form === dirty || form.closest("[data-guard]")) dirty = null;
    if ((form.getAttribute("method") || "").toLowerCase() !== "post" || form.matches("[hx-post], .search, [target], [data-download]")) return;
    form.dataset.sent = "1";
    // After the browser has read the form, so that the pressed button's own name is sent as well.
    setTimeout(() => {
      const button = event.submitter || $("button[type=submit], button:not([type])", form);
      if (button) { button.classList.add("busy"); button.setAttribute("aria-disabled", "true"); }
    });
  });
  window.addEventListener("pageshow", () => $$("form[data-sent]").forEach(free));

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-check-all]");
    if (all) $$('tbody input[type="checkbox"]', all.closest("table")).forEach((box) => { box.checked = all.checked; });
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // A session that ends while somebody types: the page is covered, what was typed stays under the cover, and goes on
  // when the same person has signed in again. A page in which nothing was typed goes to the door as any other.
  const OFTEN = 4 * 60 * 1000;
  const mine = () => document.body.dataset.person;
  let typed = null;
  let heard = Date.now();
  let held = null;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (!mine() || !form || form.matches(".search, .filters") || (form.getAttribute("method") || "").toLowerCase() !== "post") return;
    typed = form;
    if (Date.now() - heard < OFTEN) return;
    heard = Date.now();
    const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];
    fetch(document.body.dataset.stillHere, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "manual" })
      .then((answer) => { if (answer.type === "opaqueredirect") cover(); })
      .catch(() => {});
  });
  function writing() {
    return typed && typed.isConnected ? typed : null;
  }
  function cover() {
    const veil = $("#veil");
    if (!veil || !veil.hidden) return;
    dirty = null;
    veil.hidden = false;
    document.body.classList.add("veiled");
    $$(".app").forEach((part) => { part.inert = true; });
    $("[data-veil-back]").focus();
  }
  async function uncover() {
    const answer = await (await fetch(document.body.dataset.session, { headers: { Accept: "application/json" } })).json();
    $("[data-veil-other]").hidden = !answer.person || answer.person === mine();
    if (answer.person !== mine()) return false;
    renew(answer.token);
    $("#veil").hidden = true;
    document.body.classList.remove("veiled");
    $$(".app").forEach((part) => { part.inert = false; });
    const [form, button] = held || [];
    held = null;
    if (form && form.isConnected) form.requestSubmit(button);
    else if (typed) { const field = $("input:not([type=hidden]), textarea", typed); if (field) field.focus(); }
    return true;
  }
  function renew(token) {
    heard = Date.now();
    $$("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  }
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const away = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (away && away.startsWith("/accounts/") && writing()) { event.preventDefault(); cover(); }
  });
  // Before something typed is sent from a page that has stood open: is it still the same person's?
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!mine() || form !== writing() || Date.now() - heard < OFTEN || form.dataset.sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fetch(document.body.dataset.session, { headers: { Accept: "application/json" } })
      .then((answer) => answer.json())
      .then((answer) => {
        if (answer.person === mine()) { renew(answer.token); form.requestSubmit(event.submitter); }
        else { held = [form, event.submitter]; cover(); }
      })
      .catch(() => { heard = Date.now(); form.requestSubmit(event.submitter); });
  }, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-veil-back]")) uncover();
    if (event.target.closest("[data-veil-leave]")) { typed = null; unsaved = null; location.assign(document.body.dataset.signIn + "?next=" + encodeURIComponent(location.pathname + location.search)); }
  });
  window.addEventListener("focus", () => { const veil = $("#veil"); if (veil && !veil.hidden) uncover(); });

  // A page that the browser has put away and brings back is shown once it is known that it is still its reader's; else
  // it is asked for anew, and leads to the door. Whatever reader: what a screen showed is not for the next.
  window.addEventListener("pagehide", () => { if (mine()) document.documentElement.classList.add("put-away"); });
  window.addEventListener("pageshow", (event) => {
    const shown = () => document.documentElement.classList.remove("put-away");
    if (!event.persisted || !mine()) return shown();
    fetch(document.body.dataset.session, { headers: { Accept: "application/json" } })
      .then((answer) => answer.json())
      .then((answer) => { if (answer.person === mine()) shown(); else location.reload(); })
      .catch(() => location.reload());
  });

  // Saved on leaving: what was typed since the last saving goes out with the page, whichever way it is left.
  let unsaved = null;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-save-on-leave]");
    if (form) unsaved = form;
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-save-on-leave]");
    if (form) unsaved = form;
  });
  document.addEventListener("submit", () => { unsaved = null; });
  function saveOnLeave() {
    if (!unsaved || !unsaved.isConnected) return;
    const fields = new FormData(unsaved);
    // A key of its own: a saving that is still under way must not stand for this one.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    fields.set("_key", Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
    navigator.sendBeacon(unsaved.dataset.saveOnLeave, fields);
    unsaved = null;
  }
  // The first of them that comes: a link that is followed, a page put away, a phone's tab put aside.
  window.addEventListener("beforeunload", saveOnLeave);
  window.addEventListener("pagehide", saveOnLeave);
  document.addEventListener("visibilitychange", () => { if (document.hidden) saveOnLeave(); });

  // Fragments
  document.addEventListener("htmx:afterSwap", (event) => {
    dress(event.target.isConnected ? event.target : document);
    const summary = $(".error-summary", event.detail.target);
    if (summary) summary.focus();
    const heard = event.detail.xhr && event.detail.xhr.getResponseHeader("X-Announce");
    if (heard) say(heard);
  });
  function failed(event, text) {
    const target = event.detail.target;
    if (target && target.matches && target.matches(".panel[aria-busy]")) {
      const line = element("div", "panel-error");
      line.append(element("span", "", text + " "));
      const again = element("button", "btn btn-sm", "Try again");
      again.type = "button";
      again.dataset.retry = "";
      line.append(again);
      const old = $(".skeleton, .panel-error", target);
      if (old) old.replaceWith(line);
      target.setAttribute("aria-busy", "true");
    } else if (!(event.detail.elt && event.detail.elt.closest("[data-quiet]"))) {
      notice(text);
    }
  }
  function notice(text) {
    const place = $("#notices");
    if (!place || $$(".notice", place).some((old) => old.textContent.includes(text))) return;
    const line = element("div", "notice crit");
    line.setAttribute("role", "alert");
    line.append(element("i", "bi bi-exclamation-octagon-fill"), element("div", "", text));
    place.append(line);
  }
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    failed(event, status === 403 || status === 404 ? "This is not open to you." : "This could not be loaded (error " + status + ").");
  });
  document.addEventListener("htmx:sendError", (event) => failed(event, "The hospital's server does not answer."));
  document.addEventListener("htmx:timeout", (event) => failed(event, "This takes too long."));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && window.htmx) $$("[data-refresh-on-return]").forEach((el) => window.htmx.trigger(el, "refresh"));
  });

  // The height of the patient banner, for what sticks below it
  function measure() {
    const banner = $(".banner");
    if (banner && getComputedStyle(banner).display !== "contents") {
      document.documentElement.style.setProperty("--banner-height", banner.offsetHeight + "px");
    }
  }

  // Away from the network
  function network() {
    const bar = $("#offline");
    if (bar) bar.hidden = navigator.onLine;
  }
  window.addEventListener("online", network);
  window.addEventListener("offline", network);
  window.addEventListener("resize", measure);

  document.addEventListener("DOMContentLoaded", () => {
    dress(document);
    network();
    measure();
    const summary = $(".error-summary");
    if (summary) summary.focus();
    else { const wrong = $(".is-invalid"); if (wrong) wrong.focus(); }
    const worker = document.body.dataset.worker;
    if (worker && "serviceWorker" in navigator && window.isSecureContext) {
      navigator.serviceWorker.register(worker).catch(() => {});
    }
  });
})();
