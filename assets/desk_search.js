/**
 * Search: Ctrl+K. One question to the server per pause in typing, an answer to an older one is thrown
 * away; pages and what the viewer kept are found here. Arrows choose, Enter opens.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const PAUSE_MS = 120;
  const AGAIN_MS = 3000;
  const LEAST = 2;
  const KEPT_SHOWN = 5;

  function open() {
    const box = desk.dialog("search", desk.text("desk.search_label"));
    if (!box) return;
    const list = desk.make("div", { className: "desk-found", id: "desk-found", role: "listbox", "aria-label": desk.text("desk.search_label") });
    const status = desk.make("p", { className: "desk-status", role: "status" });
    const input = desk.make("input", {
      type: "search", className: "desk-input", placeholder: desk.text("desk.search_hint"), autocomplete: "off", spellcheck: false,
      role: "combobox", "aria-expanded": "true", "aria-controls": "desk-found", "aria-autocomplete": "list", "aria-label": desk.text("desk.search_label"),
    });
    const past = new URLSearchParams(location.search).get("at");
    const at = past && ((document.querySelector("[data-time-text]") || {}).textContent || past);
    const then = at ? desk.make("p", { className: "desk-then", text: desk.text("desk.search_then", { time: at }) }) : null;
    box.append(input, then || "", status, list, desk.make("footer", { text: desk.text("desk.search_keys") }));
    const search = new Search(box, input, list, status);
    input.addEventListener("input", () => search.soon());
    box.addEventListener("keydown", (event) => search.key(event));
    box.addEventListener("close", () => search.stop());
    list.addEventListener("click", (event) => search.click(event));
    input.focus();
    search.show([]);
    desk.kept().then(() => box.open && search.show(search.groups));
  }

  class Search {
    constructor(box, input, list, status) {
      Object.assign(this, { box, input, list, status, groups: [], timer: 0, asked: 0, enter: null });
    }

    soon() {
      clearTimeout(this.timer);
      this.enter = null;
      this.asked++; // answers on their way are too old
      if (!enough(this.input.value)) return this.show([]);
      this.status.textContent = desk.text("desk.searching");
      this.timer = setTimeout(() => this.ask(), PAUSE_MS);
    }

    async ask() {
      clearTimeout(this.timer);
      const mine = ++this.asked;
      const now = new URLSearchParams(location.search);
      const query = new URLSearchParams({ q: this.input.value, lang: desk.language() });
      for (const key of ["at", "known"]) if (now.has(key)) query.set(key, now.get(key));
      let groups = null;
      try {
        const answer = await fetch("/api/v1/search?" + query, { cache: "no-store" });
        if (answer.ok) ({ groups } = await answer.json());
      } catch (error) {
        groups = null; // no connection
      }
      if (mine !== this.asked || !this.box.open) return;
      if (groups === null) {
        this.status.textContent = desk.text("desk.search_lost");
        this.timer = setTimeout(() => this.ask(), AGAIN_MS);
        return;
      }
      this.show(groups, true);
      if (this.enter) this.choose(this.enter.other);
    }

    show(groups, answered) {
      this.groups = groups;
      const all = [...local(this.input.value), ...groups];
      const chosen = this.chosen() && this.chosen().dataset.href;
      this.list.replaceChildren(...all.map(section));
      const options = this.options();
      const again = options.find((one) => one.dataset.href === chosen);
      this.mark(again || (enough(this.input.value) && options.find((one) => one.closest("section").dataset.kind !== "page")) || options[0]);
      const typed = this.input.value.trim();
      if (!typed) this.status.textContent = "";
      else if (!enough(typed)) this.status.textContent = options.length ? "" : desk.text("desk.search_least");
      else if (answered) this.status.textContent = options.length ? desk.text("desk.search_found", { n: options.length }) : desk.text("desk.search_none", { text: typed });
    }

    options() {
      return Array.from(this.list.querySelectorAll("[role=option]"));
    }

    chosen() {
      return this.list.querySelector("[aria-selected=true]");
    }

    mark(option) {
      for (const one of this.options()) one.setAttribute("aria-selected", String(one === option));
      if (!option) return void this.input.removeAttribute("aria-activedescendant");
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    key(event) {
      const options = this.options();
      const at = options.indexOf(this.chosen());
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
      if (event.key in steps && options.length) {
        const last = options.length - 1;
        const to = at + steps[event.key];
        this.mark(options[Math.abs(steps[event.key]) > 1 ? Math.min(last, Math.max(0, to)) : (to + options.length) % options.length]);
      } else if (event.key === "Enter" && !event.isComposing && event.target === this.input) this.choose(event.ctrlKey || event.metaKey);
      else return;
      event.preventDefault();
    }

    click(event) {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      this.mark(option);
      this.choose(event.ctrlKey || event.metaKey);
    }

    /** Open what is marked; Enter before the answer is there waits for it. */
    choose(other) {
      if (this.status.textContent === desk.text("desk.searching") && !this.enter) {
        this.enter = { other };
        return void this.ask();
      }
      const option = this.chosen();
      if (!option) return;
      const href = desk.withMoment(option.dataset.href);
      const kept = option.cockpitKept;
      this.box.close();
      if (kept) desk.openKept(kept, other);
      else if (other) desk.openOther(href);
      else desk.go(href);
    }

    stop() {
      this.asked++;
      clearTimeout(this.timer);
    }
  }

  const enough = (value) => Array.from(value).filter((sign) => /[\p{L}\p{N}]/u.test(sign)).length >= LEAST;

  /** Pages by their name in any language, and what the viewer kept. */
  function local(value) {
    const wanted = value.trim().toLowerCase();
    const { pages, texts } = desk.body();
    const key = (path) => `page.${path.split("/").pop() || "overview"}`;
    const fits = (path) => Object.values(texts).some((words) => (words[key(path)] || "").toLowerCase().includes(wanted));
    const hits = pages.filter(fits).map((path) => ({ name: desk.text(key(path)), about: path, href: path }));
    const mine = desk.keptNow().filter((one) => one.name.toLowerCase().includes(wanted));
    const kept = mine.slice(0, KEPT_SHOWN).map((one) => ({ name: one.name, about: one.path, href: one.path, kept: one }));
    return [{ kind: "kept", hits: kept }, { kind: "page", hits }].filter((group) => group.hits.length).map((group) => ({ ...group, title: desk.text(`desk.kind.${group.kind}`) }));
  }

  let ids = 0;

  function section(group) {
    const options = group.hits.map((hit) => {
      const level = hit.level ? desk.make("i", { className: `mark l${hit.level}`, "aria-hidden": "true" }) : null;
      const option = desk.make(
        "div", { role: "option", id: `desk-hit-${++ids}`, className: "desk-hit", "data-href": hit.href, "aria-selected": "false" },
        level, desk.make("b", { text: hit.name }), desk.make("span", { text: hit.about }),
      );
      option.cockpitKept = hit.kept;
      return option;
    });
    const place = desk.make("section", { role: "group", "aria-label": group.title, "data-kind": group.kind });
    place.append(desk.make("h3", { text: group.title, "aria-hidden": "true" }), ...options);
    return place;
  }

  desk.acts.set("search", open);
})(window);
