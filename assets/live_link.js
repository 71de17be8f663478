/**
 * The connection: one websocket, watched, re-opened with jitter, and the server's clock.
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

  function clock(serverNow) {
    samples.push(serverNow - performance.now() / 1000);
    if (samples.length > CLOCK_SAMPLES) samples.shift();
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
   * @param {{onOpen: function(Object), onFrame: function(Object), onRefused: function(string), onState: function(string)}} on
   */
  function connect(on) {
    let socket = null;
    let hello = null;
    let failures = 0;
    let retry = 0;
    let heardAt = 0; // performance ms
    let openedAt = 0;
    let state = "connecting";

    function become(next) {
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
        samples = [];
        clock(message.now);
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
      if (event && event.code >= 4400) on.onRefused(event.reason);
      if (hello && performance.now() - openedAt > STOOD_SECONDS * 1000) failures = 0;
      socket = null;
      hello = null;
      become("lost");
      retry = setTimeout(open, delaySeconds(failures++) * 1000);
    }

    /** A dead network closes nothing: silence tells. */
    function watch() {
      if (!socket) return;
      const silent = (performance.now() - heardAt) / 1000;
      if (silent >= SILENT_SECONDS && state !== "lost") become("lost");
      if (silent < DEAD_SECONDS) return;
      const dead = socket;
      lost(null);
      dead.close();
    }

    setInterval(watch, 500);
    window.addEventListener("online", () => retry && open());
    become("connecting");
    open();
    return {
      state: () => state,
      epoch: () => (hello ? hello.epoch : null),
      open: () => hello !== null && socket !== null && socket.readyState === WebSocket.OPEN,
      send: (message) => socket.send(JSON.stringify(message)),
    };
  }

  window.cockpit.parts.link = { connect, now, delaySeconds };
})();
