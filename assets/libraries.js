/**
 * Component libraries that come when the first of their components is drawn: a page without a map or a table
 * downloads neither. Each component is stood in for until its library is there; then it is drawn in its place.
 * Addresses come from the page (`#cockpit-files`), made by delivery/page.py.
 */
(function () {
  "use strict";

  const RETRY_MS = 2000;
  const holder = document.getElementById("cockpit-files");
  const told = holder ? JSON.parse(holder.textContent) : { libraries: {}, files: {}, charts: "" };
  const loading = new Map();

  function script(address) {
    return new Promise((done, failed) => {
      const element = document.createElement("script");
      element.src = address;
      element.async = false; // in order
      element.onload = done;
      element.onerror = () => {
        element.remove();
        failed(new Error("cannot load " + address));
      };
      document.head.append(element);
    });
  }

  /** The real components of a library; tries until the server has them. */
  function load(name) {
    if (!loading.has(name)) loading.set(name, fetchLibrary(name));
    return loading.get(name);
  }

  async function fetchLibrary(name) {
    const { scripts } = told.libraries[name];
    const standIns = window[name];
    for (;;) {
      try {
        await Promise.all(scripts.map(script));
        break;
      } catch (error) {
        console.warn("libraries:", error.message);
        await new Promise((later) => setTimeout(later, RETRY_MS));
      }
    }
    const real = window[name];
    window[name] = { ...real, ...standIns }; // what stands on the page keeps its place
    return real;
  }

  /** On a phone a map far down the page is not fetched before it is scrolled to. */
  function standIn(name, type) {
    const { createElement, lazy, Suspense, useEffect, useRef, useState } = window.React;
    const Real = lazy(() => load(name).then((real) => ({ default: real[type] })));
    const patient = name === "dash_leaflet" && window.matchMedia("(max-width: 760px)").matches;
    const component = function (props) {
      const place = useRef(null);
      const [near, setNear] = useState(!patient || loading.has(name));
      useEffect(() => {
        if (near || !place.current) return undefined;
        const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && setNear(true), { rootMargin: "200px" });
        watch.observe(place.current);
        return () => watch.disconnect();
      }, [near]);
      const waiting = createElement("div", { ref: place, id: props.id, className: "opening-part", "aria-busy": "true" });
      return near ? createElement(Suspense, { fallback: waiting }, createElement(Real, props)) : waiting;
    };
    if (name === "dash_ag_grid") component.dashRenderType = true;
    return component;
  }

  for (const name of Object.keys(told.libraries)) {
    const standIns = {};
    for (const type of told.libraries[name].components) standIns[type] = standIn(name, type);
    window[name] = standIns;
  }

  // Dash asks for the whole chart library when the first chart is drawn; ours holds what our charts are made of.
  if (told.charts) Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => told.charts, set: () => {} });

  /** Address under which a file of the assets folder may be kept for ever. */
  window.cockpitFile = (address) => told.files[address] || address;
})();
