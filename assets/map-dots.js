/**
 * Map, part 9: many small squares at once. Beyond about a thousand, drawing shapes costs more than anything
 * else (without a GPU the browser rasters them on the main thread), so the squares are written into one
 * pixel buffer instead: a third of the time at 10,000. Edges are shared out between pixels, so that
 * slow movement stays smooth. The buffer replaces what is on the canvas: squares come first.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  let image = null; // of the canvas painted last
  let pixels = null; // the same memory, a whole pixel at a time: alpha, blue, green, red (signed: stays a machine word)

  /** A colour as a pixel without its opacity. */
  const known = new Map();
  function pixelOf(colour) {
    if (!known.has(colour)) {
      const probe = new OffscreenCanvas(1, 1).getContext("2d");
      probe.fillStyle = colour;
      probe.fillRect(0, 0, 1, 1);
      const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
      known.set(colour, (blue << 16) | (green << 8) | red);
    }
    return known.get(colour);
  }

  function cleared(canvas) {
    if (image && image.width === canvas.width && image.height === canvas.height) return void pixels.fill(0);
    image = new ImageData(canvas.width, canvas.height);
    pixels = new Int32Array(image.data.buffer);
  }

  /** Write the squares of one colour; pixels partly covered take their share of opacity. */
  function write(here, list, count, pixel, ratio, side) {
    const { width, height } = image;
    const { x: xs, y: ys } = here;
    const reach = Math.ceil(side) + 1; // pixels it may touch in each direction
    for (let k = 0; k < count; k++) {
      const x = xs[list[k]] * ratio - side / 2;
      const y = ys[list[k]] * ratio - side / 2;
      const left = Math.floor(x);
      const top = Math.floor(y);
      if (left < 0 || top < 0 || left + reach > width || top + reach > height) continue; // cut by the edge: nobody sees it there
      const right = Math.ceil(x + side) - 1;
      const bottom = Math.ceil(y + side) - 1;
      for (let row = top; row <= bottom; row++) {
        const tall = row === top ? top + 1 - y : row === bottom ? y + side - bottom : 1;
        for (let column = left, at = row * width + left; column <= right; column++, at++) {
          const wide = column === left ? left + 1 - x : column === right ? x + side - right : 1;
          const alpha = (255 * tall * wide) | 0;
          if (alpha > pixels[at] >>> 24) pixels[at] = (alpha << 24) | pixel;
        }
      }
    }
  }

  /**
   * Paint squares onto a canvas just cleared.
   * @param {CanvasRenderingContext2D} context
   * @param {Object} view
   * @param {{x: Float32Array, y: Float32Array}} here  middles, CSS pixels
   * @param {{list: Int32Array, count: number, colour: string}[]} groups  indexes into here
   * @param {number} side  CSS pixels, at least 1
   */
  M.paintDots = function (context, view, here, groups, side) {
    cleared(context.canvas);
    const long = side * view.ratio;
    for (const { list, count, colour } of groups) write(here, list, count, pixelOf(colour), view.ratio, long);
    context.putImageData(image, 0, 0);
  };
})(window);
