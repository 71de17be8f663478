/**
 * Which scene a wall shows: the one assigned, or those of the rotation by the server's clock, so that all
 * screens of a wall turn together; what a person holds; and the place an alarm takes.
 *
 * The order comes from the server (view wall-plan, domain/wall_plan.py) and is worked out of the alerts alone.
 */
(function () {
  "use strict";
  const { cockpit } = window;
  const wall = cockpit && cockpit.parts.wall;
  if (!wall) return;

  const TICK_MS = 500;
  const TELL_MS = 5000; // a pointer that keeps moving is told to the other screens this often
  const ROTATION = "rotation";
  let plan = null;
  let arrived = 0; // epoch seconds at which its newest alarm came here
  let hold = { scene: "", at: 0, until: 0 }; // epoch seconds
  let toldAt = 0;
  let stop = null;

  const now = () => cockpit.serverNow() / 1000;
  const assigned = () => wall.row.scene || wall.told.scene || ROTATION;
  const rotates = () => assigned() === ROTATION;

  /** A hold is over when its time is, and at once when level I comes after it began. */
  function held() {
    const shared = wall.held ? wall.held() : null;
    const best = shared && shared.at > hold.at ? shared : hold;
    if (!wall.told.scenes[best.scene] || best.until <= now()) return null;
    return plan && plan.level === 1 && arrived > best.at ? null : best;
  }

  /** Tiles of the scenes that may come next: kept up to date although they do not show. */
  wall.coming = function () {
    const scenes = rotates() && plan ? plan.slots.map((slot) => slot.scene) : [wall.scene];
    const tiles = new Set();
    for (const scene of scenes) for (const one of wall.told.scenes[scene].layouts) for (const name of Object.keys(one.tiles)) tiles.add(name);
    return tiles;
  };

  function turn() {
    if (!wall.told) return;
    const on = held();
    const due = plan ? cockpitWall.due(plan, now()) : { scene: wall.told.order[0], past: 0, seconds: 1 };
    const scene = on ? on.scene : rotates() ? due.scene : assigned();
    const alarmed = Boolean(plan && plan.level) && (plan.level === 1 || wall.row.role !== "meeting");
    const page = wall.pageDue(on ? null : rotates() && due.scene === scene ? due.past / due.seconds : undefined, now());
    if (scene !== wall.scene || alarmed !== wall.alarmed || page !== wall.page) {
      wall.page = scene === wall.scene ? page : 0;
      wall.scene = wall.told.scenes[scene] ? scene : wall.told.order[0];
      wall.alarmed = alarmed;
      wall.arrange();
    }
    say(on, due);
  }

  /** Title of the scene, its place in the round, and a ring that fills while it dwells. */
  function say(on, due) {
    const place = document.getElementById("wall-scene");
    if (!place) return;
    if (!place.firstChild) {
      for (const name of ["wall-ring", "wall-title", "wall-place", "wall-held"]) place.append(Object.assign(document.createElement("span"), { className: name }));
    }
    const [ring, title, count, words] = place.children;
    const many = rotates() && plan && plan.slots.length > 1;
    const share = on ? (on.until - now()) / wall.told.hold : many ? due.past / due.seconds : 0;
    ring.hidden = !on && !many;
    ring.classList.toggle("is-held", Boolean(on));
    ring.style.setProperty("--share", `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`);
    write(title, wall.told.scenes[wall.scene].title);
    const at = many ? plan.slots.findIndex((slot) => slot.scene === wall.scene) + 1 : 0;
    write(count, wall.pages > 1 ? `${wall.page + 1}/${wall.pages}` : at ? `${at}/${plan.slots.length}` : "");
    write(words, on ? wall.text("held", { n: Math.ceil(on.until - now()) }) : plan && plan.level === 1 && many === false && rotates() ? wall.text("alarm") : "");
  }

  function write(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }

  /** A person is here: this scene, or the next one, stays for a while. */
  function keep(scene, seconds) {
    const at = now();
    hold = { scene, at, until: at + seconds };
    if (wall.tellHold && (seconds === 0 || scene !== wall.scene || at - toldAt > TELL_MS / 1000)) {
      toldAt = at;
      wall.tellHold(scene, seconds);
    }
    turn();
  }

  function onKey(event) {
    if (!wall.told || event.target.closest("input, select, textarea, .time-bar")) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) {
      event.preventDefault();
      event.stopImmediatePropagation();
      keep(cockpitWall.step(wall.told.order, wall.scene, by), wall.told.hold);
    } else if (event.key === "Escape" && held()) keep(wall.scene, 0);
  }

  let pointed = [0, 0];
  function onPointer(event) {
    if (!wall.told || !wall.scene) return;
    const moved = Math.hypot(event.screenX - pointed[0], event.screenY - pointed[1]);
    pointed = [event.screenX, event.screenY];
    awake();
    if (event.type === "pointermove" && (moved < 3 || !event.isTrusted)) return;
    if (rotates() || wall.pages > 1) keep(wall.scene, wall.told.hold);
  }

  let cursorTimer = 0;
  function awake() {
    document.documentElement.dataset.pointer = "";
    clearTimeout(cursorTimer);
    cursorTimer = setTimeout(() => delete document.documentElement.dataset.pointer, 5000);
  }

  wall.turn = turn;
  wall.keep = keep;
  wall.plan = () => plan;
  wall.starts.push(() => {
    plan = wall.told.plan || plan;
    if (stop) stop();
    stop = cockpit.subscribe(`view:wall-plan@${cockpit.language}`, (state) => {
      if (state.value && (!plan || state.value.since !== plan.since)) arrived = now();
      if (state.value) plan = state.value;
      turn();
    });
    turn();
  });
  setInterval(turn, TICK_MS);
  document.addEventListener("keydown", onKey, true); // before the time bar, whose arrows step in time
  for (const kind of ["pointermove", "pointerdown", "wheel", "touchstart"]) document.addEventListener(kind, onPointer, { passive: true });
})();
