/**
 * One page of a browser at a time sounds as a screen: two with the same name would sound twice. The others wait in line;
 * when the one that has it is closed, crashes or is told another name, the browser gives it to the next at once.
 */
(function (root) {
  "use strict";
  const S = (root.cockpitSound = root.cockpitSound || {});

  /**
   * Stand in line for a screen's sound.
   * @param {string} screen
   * @param {() => void} taken  called when this page may sound; without locks in the browser at once
   * @return {() => void} leaves the line, or gives the sound to the next
   */
  S.hold = function (screen, taken) {
    const waiting = new AbortController();
    let done = () => {};
    const had = new Promise((resolve) => (done = resolve));
    const mine = () => {
      if (!waiting.signal.aborted) taken();
      return had;
    };
    if (root.navigator.locks) {
      root.navigator.locks.request(`cockpit-sound ${screen}`, { signal: waiting.signal }, mine).catch((error) => {
        if (!waiting.signal.aborted) mine(); // rather twice than never
        if (error.name !== "AbortError") console.warn("sound: no line to stand in", error.name);
      });
    } else setTimeout(mine, 0);
    return () => {
      waiting.abort();
      done();
    };
  };
})(window);
