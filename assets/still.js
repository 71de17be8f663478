/**
 * Plain HTML on the page as one component: `cockpit_parts.Still`, made by components/still.py.
 * A tree is a text, a list of trees, or [tag, props, tree].
 */
(function () {
  "use strict";

  const isElement = (tree) => Array.isArray(tree) && typeof tree[0] === "string" && tree[1] !== null && typeof tree[1] === "object" && !Array.isArray(tree[1]);

  function element(tree, key) {
    if (tree === null || tree === undefined || typeof tree === "boolean") return null;
    if (!Array.isArray(tree)) return String(tree);
    const { createElement, Fragment } = window.React;
    if (!isElement(tree)) return createElement(Fragment, { key }, ...tree.map((one) => element(one)));
    const [tag, props, inside] = tree;
    // Places, not keys: children go in as arguments, as they stand.
    const children = inside === undefined ? [] : Array.isArray(inside) && !isElement(inside) ? inside.map((one) => element(one)) : [element(inside)];
    return createElement(tag, key === undefined ? props : { ...props, key }, ...children);
  }

  window.cockpit_parts = { Still: ({ tree }) => element(tree === undefined ? null : tree) };
})();
