/**
 * Plain HTML on the page as one component: `cockpit_parts.Still`, made by components/still.py.
 * A tree is a text, a list of trees, or [tag, props, tree].
 */
(function () {
  "use strict";

  const isElement = (tree) => typeof tree[0] === "string" && typeof tree[1] === "object" && !Array.isArray(tree[1]);
  /** Children go in as arguments, as they stand; what carries a `key` keeps its element among them. */
  const inside = (tree) => (Array.isArray(tree) && !isElement(tree) ? tree : [tree]).map(element);

  function element(tree) {
    if (!Array.isArray(tree)) return tree;
    const { createElement, Fragment } = window.React;
    if (!isElement(tree)) return createElement(Fragment, null, ...inside(tree));
    const [tag, props, ...children] = tree;
    return createElement(tag, props, ...children.flatMap(inside));
  }

  window.cockpit_parts = { Still: ({ tree }) => element(tree) };
})();
