/**
 * The connection: one websocket, watched, re-opened with jitter, and the server's clock. Where no websocket gets
 * through, the same frames are asked for over http (live_poll.js) until one does.
 */
(function () {
  "use strict";

  const FIRST_SECONDS = 2; // the first try comes within this
  const LEAST_SECONDS = 0.5;
  const MOST_SECONDS = 10;
  const SILENT_SECONDS = 8.5; // the server beats every 4 s; this long without a word shows as lost
  const DEAD_SECONDS = 20; // and after this the connection is given up (a slow line may be busy with a snapshot)
  const STOOD_SECONDS = 5; // a connection that stood so long was a good one
  const CLOCK_SAMPLES = 5;
  const AWAY_SECONDS = 5; // the PC's clock went on so much while nothing here ran: it slept, or was set
  const ENDED = 4401; // the session is over, or opens something else now
  const POLL_AFTER = 2; // tries in a row that were never answered


  const PACKED = typeof DecompressionStream === "function";

  /**
   * Messages in the order they came: text is handed on at once, unless a packed one before it is still unpacked.
   * @param {function(Object)} hear
   * @returns {function(string|Blob)}
   */
  function unpacker(hear) {
    let waiting = 0;
    let turn = Promise.resolve();
    return function (data) {
      const packed = typeof data !== "string";
      if (!packed && !waiting) return hear(JSON.parse(data));
      waiting++;
      const message = packed ? unpack(data) : data; // several are unpacked side by side
      turn = turn.then(async () => {
        try {
          hear(JSON.parse(await message));
        } catch (error) {
          console.error("live: a message could not be read", error);
        } finally {
          waiting--;
        }
      });
    };
  }

  function unpack(blob) {
    return new Response(blob.stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
  }

  let samples = []; // server clock minus performance clock, seconds; each too small by its latency
  let doubted = false; // the samples are a guess until the server is heard again

  /**
   * The server said what time it is.
   * @param {number} serverNow  epoch seconds
   * @param {number} [heardMs]  performance ms at which it was heard
   */
  function clock(serverNow, heardMs = performance.now()) {
    if (doubted) samples = [];
    doubted = false;
    samples.push(serverNow - heardMs / 1000);
    if (samples.length > CLOCK_SAMPLES) samples.shift();
  }

  /** The page itself says when it was made: ages are right before the first message, whatever the PC's clock says. */
  function clockOfPage() {
    const holder = document.getElementById("cockpit-files");
    const said = holder ? JSON.parse(holder.textContent).now : 0;
    const [opened] = performance.getEntriesByType("navigation");
    if (said && opened && opened.responseStart) clock(said, opened.responseStart);
    doubted = true;
  }

  let lastWall = Date.now();
  let lastRun = performance.now();

  /**
   * Seconds the PC's clock went on beyond the time this page ran: it slept. Server time is moved along with it, so
   * that no age is too young while the server is asked.
   */
  function awaySeconds() {
    const ran = performance.now() - lastRun;
    const away = (Date.now() - lastWall - ran) / 1000;
    lastWall = Date.now();
    lastRun = performance.now();
    if (away < AWAY_SECONDS) return 0;
    samples = samples.map((sample) => sample + away);
    doubted = true;
    return away;
  }

  /** Seconds by which this PC's clock is ahead of the server's; 0 until the server was heard. */
  function clockErrorSeconds() {
    return samples.length && !doubted ? Date.now() / 1000 - now() : 0;
  }

  /** Server time, epoch seconds; this PC's own clock until the server was heard. */
  function now() {
    return samples.length ? performance.now() / 1000 + Math.max(...samples) : Date.now() / 1000;
  }

  /**
   * Full jitter: anywhere between the least and a bound that doubles up to the most.
   * @param {number} failures  failed tries since the last good connection
   */
  function delaySeconds(failures) {
    const bound = Math.min(MOST_SECONDS, FIRST_SECONDS * 2 ** Math.min(failures, 10));
    return LEAST_SECONDS + Math.random() * (bound - LEAST_SECONDS);
  }

  /**
   * Keep a connection.
   * @param {{onOpen: function(Object), onFrame: function(Object), onRefused: function(string), onState: function(string),
   *     wanted: function(): Object, onPolled: function(Object), onEnded: function()}} on  `wanted` and
   *     `onPolled`: topics wanted over http, and its answer; `onEnded`: whoever looks was logged out
   */
  function connect(on) {
    let socket = null;
    let hello = null;
    let failures = 0;
    let retry = 0;
    let heardAt = 0; // performance ms
    let openedAt = 0;
    let state = "connecting";
    const poll = window.cockpit.parts.poll.start({
      wanted: on.wanted,
      onEnded: on.onEnded,
      onAnswer: (answer) => {
        if (hello) return; // the websocket was quicker
        clock(answer.now);
        become("polling");
        on.onPolled(answer);
      },
      onFailed: () => hello || become("lost"),
    });

    function become(next) {
      if (next === "lost" && state === "polling" && poll.running()) return; // another websocket that did not come
      state = next;
      on.onState(next);
    }

    function open() {
      clearTimeout(retry);
      retry = 0;
      hello = null;
      heardAt = performance.now();
      const address = location.protocol.replace("http", "ws") + "//" + location.host + "/live" + (PACKED ? "?deflate=1" : "");
      const mine = (socket = new WebSocket(address));
      const hear = (message) => mine === socket && heard(message);
      const inTurn = unpacker(hear);
      mine.onmessage = (event) => mine === socket && inTurn(event.data);
      mine.onclose = (event) => mine === socket && lost(event);
    }

    function heard(message) {
      heardAt = performance.now();
      if (message.op === "hello") {
        hello = message;
        openedAt = heardAt;
        doubted = true;
        clock(message.now);
        poll.stop();
        become("live");
        on.onOpen(message);
        return;
      }
      if (state !== "live") become("live"); // it was only slow
      if (message.op === "beat") {
        clock(message.now);
      } else {
        on.onFrame(message);
      }
    }

    function lost(event) {
      if (event && event.code === ENDED) on.onEnded();
      else if (event && event.code >= 4400) on.onRefused(event.reason);
      if (hello && performance.now() - openedAt > STOOD_SECONDS * 1000) failures = 0;
      socket = null;
      hello = null;
      failures++;
      become("lost");
      if (failures >= POLL_AFTER) poll.go();
      retry = setTimeout(open, delaySeconds(failures - 1) * 1000);
    }

    function mute(since) {
      if (socket && heardAt === since) again();
    }

    /** Begin again at once, whatever stands: after sleep nothing that stood can be trusted. */
    function again() {
      const old = socket;
      socket = null;
      hello = null;
      if (old) old.close();
      become("connecting");
      open();
    }

    /** A dead network closes nothing: silence tells. */
    function watch() {
      const paused = performance.now() - lastRun > SILENT_SECONDS * 1000; // some clocks run on in sleep
      if (awaySeconds()) return again();
      if (!socket) return;
      const silent = (performance.now() - heardAt) / 1000;
      if (paused && silent >= SILENT_SECONDS) setTimeout(() => mute(heardAt), 1000); // what came meanwhile is heard first
      if (silent >= SILENT_SECONDS && state !== "lost") {
        become("lost");
        if (!hello && failures >= POLL_AFTER - 1) poll.go(); // something on the way swallows websockets
      }
      if (silent < DEAD_SECONDS) return;
      const dead = socket;
      lost(null);
      dead.close();
    }

    setInterval(watch, 500);
    window.addEventListener("online", () => retry && open());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && watch());
    clockOfPage();
    become("connecting");
    open();
    return {
      state: () => state,
      epoch: () => (hello ? hello.epoch : null),
      open: () => hello !== null && socket !== null && socket.readyState === WebSocket.OPEN,
      send: (message) => socket.send(JSON.stringify(message)),
    };
  }

  window.cockpit.parts.link = { connect, now, delaySeconds, clockErrorSeconds };
})();
