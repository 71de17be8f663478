/**
 * The sound of alerts: on the one screen chosen for it (live topic `screens`), silent everywhere else; and the lamp at
 * the strip that says on every page whether alerts are heard, where, and until when they are not.
 *
 * Which screen a page is, is said by `screen=` in its address; a desk remembers it while its tab is open. What is played
 * when stands in alert_sound_plan.js, how in alert_sound_play.js; of several pages with one name one sounds
 * (alert_sound_lease.js), for the others the screen is somewhere else.
 */
(function () {
  "use strict";
  const S = window.cockpitSound || (window.cockpitSound = {});
  const TICK_MS = 500;
  const TELL_MS = 10_000;
  const GONE_SECONDS = 45; // a screen tells of itself every ten
  const KEPT_SECONDS = 600; // what was heard is remembered over a reload, not over a night
  const REFUSED_MS = 5000;
  const IDENTITY = "cockpit_screen";
  const HEARD = "cockpit_heard";
  let lamp = null;
  let told = null;
  let rows = new Map();
  let plan = null;
  let memory = null;
  let tests = null; // as first seen: a change is an order
  let stopPlan = null;
  let refusedUntil = 0;
  let toldState = ""; // what the server heard last of this desk's sound
  let me = "";
  let inLine = { screen: "", leave: () => {} };
  let held = false; // whether it is this page of the screen that sounds

  const now = () => window.cockpit.serverNow() / 1000;
  const text = (key, more) => Object.entries(more || {}).reduce((words, [name, value]) => words.replace(`{${name}}`, value), told.texts[key] || "");
  const sounding = () => Array.from(rows.values()).find((row) => row.sounds) || null;
  const chosen = () => Boolean(me) && (sounding() || {}).key === me;
  const mine = () => held && chosen();

  /** Kept for this tab only: a second one of the same browser would sound twice. */
  function stored(name, value) {
    try {
      if (value === undefined) return sessionStorage.getItem(name) || "";
      sessionStorage.setItem(name, value);
    } catch (error) {
      console.warn("sound: nothing can be kept", error.name);
    }
    return value || "";
  }

  function identity() {
    const said = new URLSearchParams(location.search).get("screen");
    if (document.documentElement.dataset.wall !== undefined || location.pathname.startsWith("/wall")) return said || "";
    return said === null ? stored(IDENTITY) : stored(IDENTITY, said);
  }

  // ---- sounding ----
  function obey(state) {
    ({ rows } = state);
    queue(chosen() ? me : "");
    lead();
  }

  /** Stand in line for the sound of a screen; "" leaves it. */
  function queue(screen) {
    if (screen === inLine.screen) return;
    inLine.leave();
    held = false;
    const leave = screen ? S.hold(screen, () => {
      held = true;
      lead();
    }) : () => {};
    inLine = { screen, leave };
  }

  function lead() {
    const row = sounding();
    if (!mine()) rest();
    else {
      if (!stopPlan) begin();
      if (tests !== null && row.sound_tests !== tests) for (const level of [1, 2, 3, 4]) S.play({ kind: "test", level }, text(`level_${level}`), told.voice);
      tests = row.sound_tests;
    }
    look();
  }

  function begin() {
    memory = remembered();
    S.state();
    stopPlan = window.cockpit.subscribe(`view:shell-sound@${window.cockpit.language}`, (state) => {
      if (state.value) plan = state.value;
      look();
    });
  }

  function rest() {
    if (!stopPlan) return;
    stopPlan();
    stopPlan = plan = memory = tests = null;
    stored(HEARD, "");
    S.silence();
  }

  function remembered() {
    try {
      const { at, memory: kept } = JSON.parse(stored(HEARD) || "{}");
      if (kept && Math.abs(now() - at) < KEPT_SECONDS) return kept;
    } catch (error) {
      console.warn("sound: what was heard cannot be read", error.name);
    }
    return S.begin();
  }

  /** What is due now; nothing is taken as heard while the browser lets nothing be heard. */
  function sound() {
    if (!mine() || !plan) return;
    if (S.state() !== "ready") {
      memory = S.settle(memory, plan);
      return;
    }
    const { muted_at: at, muted_until: until } = sounding();
    const step = S.step(memory, plan, { at, until }, now());
    const heard = JSON.stringify(step.memory);
    if (heard !== JSON.stringify(memory)) stored(HEARD, JSON.stringify({ at: now(), memory: step.memory }));
    ({ memory } = step);
    const standing = new Set(plan.calls.map((call) => call.key));
    S.drop((cue) => !cue.keys || !cue.keys.length || cue.keys.some((key) => standing.has(key)));
    for (const cue of step.cues) S.play(cue, words(cue), told.voice);
  }

  function words(cue) {
    if (cue.say) return cue.say;
    return text(cue.kind === "again" ? "again" : cue.level === 1 ? "count_1" : "count", { n: cue.n });
  }

  // ---- the lamp ----
  function look() {
    if (!attach()) return;
    sound();
    show(refusedUntil > Date.now() ? ["refused", text("refused")] : standing());
    banner(mine() && S.state() === "blocked");
    if (mine() && S.state() !== toldState) tell();
  }

  /** State and words of the lamp. */
  function standing() {
    const row = sounding();
    if (!row) return ["none", text("none")];
    const name = row.name || row.key;
    const state = mine() ? S.state() : row.health.sound;
    if (!mine() && !(now() - Date.parse(row.seen_at) / 1000 < GONE_SECONDS)) return ["gone", text("away", { name })];
    if (state === "none") return ["gone", mine() ? text("voiceless") : text("blocked_at", { name })];
    if (state === "blocked") return ["gone", text("blocked_at", { name })];
    if (row.muted_until > now()) return ["muted", text("muted", { time: countdown(row.muted_until - now()) })];
    return mine() ? ["here", text("here")] : ["at", text("at", { name })];
  }

  function countdown(seconds) {
    const left = Math.ceil(seconds);
    return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }

  function show([state, words]) {
    const row = sounding();
    const [, said, button] = lamp.children;
    const muted = Boolean(row) && row.muted_until > now();
    if (lamp.dataset.state !== state) lamp.dataset.state = state;
    if (said.textContent !== words) said.textContent = words;
    const why = muted ? text("by", { name: row.muted_by }) : words;
    if (lamp.title !== why) lamp.title = why;
    button.hidden = !row || !mayMute();
    const act = muted ? told.texts.on : told.texts.mute;
    if (button.textContent !== act) button.textContent = act;
  }

  /** Where nobody works, only the screen that sounds itself. */
  function mayMute() {
    if (location.pathname.startsWith("/wall")) return mine();
    const may = (document.querySelector(".shell").dataset.may || "").split(" ");
    return may.includes("act_on_alerts") || may.includes("act_on_screens");
  }

  async function mute() {
    const row = sounding();
    if (!row) return;
    const body = JSON.stringify({ minutes: row.muted_until > now() ? 0 : told.minutes });
    const path = `/api/v1/screens/${encodeURIComponent(row.key)}/mute`;
    const answer = await fetch(path, { method: "POST", headers: window.cockpitHeaders(), body }).catch(() => ({ ok: false }));
    if (!answer.ok) refusedUntil = Date.now() + REFUSED_MS;
    look();
  }

  /** Browsers keep a page silent until somebody touched it: said where nobody can miss it. */
  function banner(shown) {
    let sign = document.querySelector(".sound-blocked");
    if (!sign && !shown) return;
    if (!sign) {
      sign = Object.assign(document.createElement("button"), { className: "sound-blocked", type: "button" });
      sign.setAttribute("role", "alert");
      document.body.append(sign);
    }
    if (sign.textContent !== text("blocked")) sign.textContent = text("blocked");
    if (sign.hidden === shown) sign.hidden = !shown;
  }

  /** A desk that is a screen tells of itself as walls do (wall_screen.js). */
  function tell() {
    if (!me || location.pathname.startsWith("/wall") || !mine()) return;
    const { connection, version } = window.cockpit;
    toldState = S.state();
    const body = JSON.stringify({ sound: toldState, connection, version, width: innerWidth, height: innerHeight, ratio: devicePixelRatio || 1 });
    fetch(`/api/v1/screens/${encodeURIComponent(me)}/report`, { method: "POST", headers: window.cockpitHeaders(), body }).catch(() => {}); // the next one says it too
  }

  // ---- beginning: Dash puts the lamp there, and may put it there again ----
  function attach() {
    const found = document.getElementById("sound");
    if (found === lamp) return Boolean(lamp);
    lamp = found;
    if (!lamp) return false;
    told = JSON.parse(lamp.dataset.sound);
    lamp.lastElementChild.addEventListener("click", mute);
    me = identity();
    if (!attach.stop) attach.stop = window.cockpit.subscribe("screens", obey);
    return true;
  }

  function start() {
    window.cockpit.parts.sound = { state: () => (mine() ? S.state() : "") };
    setInterval(look, TICK_MS);
    setInterval(tell, TELL_MS);
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => setTimeout(look, 50), { passive: true });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else setTimeout(start, 0);
})();
