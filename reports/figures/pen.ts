/** Draws static SVG figures with d3-node, which is slow to load and slow per mark: loaded at first use, few marks. */

import { type Html, trustedMarkup, visibleText } from "../html.ts";

/** An SVG element under construction; `append` gives the child, the others the element itself. */
export interface Shape {
  append(name: string): Shape;
  attr(name: string, value: string | number): Shape;
  text(value: string): Shape;
}

/** The outside of a figure. Lengths in pixels of its own coordinate system; the page scales it to its column. */
export interface FigureFrame {
  readonly width: number;
  readonly height: number;
  /** What the figure shows, for those who cannot see it. */
  readonly label: string;
  /** Classes of the svg element. */
  readonly className: string;
  /** Stretch to the column's width without keeping proportions; for figures without text. */
  readonly stretched?: boolean;
}

/** Makes figures. */
export interface Pen {
  figure(frame: FigureFrame, draw: (svg: Shape) => void): Html;
}

/** Loads d3-node and its DOM, about half a second of one core. */
export async function openPen(): Promise<Pen> {
  const { D3Node } = await import("d3-node");
  const document = new D3Node();
  return {
    figure(frame, draw) {
      const svg = document.createSVG(undefined, undefined, {
        viewBox: `0 0 ${frame.width} ${frame.height}`,
        class: frame.className,
        role: "img",
        "aria-label": visibleText(frame.label),
        ...(frame.stretched && { preserveAspectRatio: "none" }),
      });
      draw(svg);
      const markup = document.svgString();
      svg.remove();
      return trustedMarkup(markup);
    },
  };
}

/** A text at a place. */
export function textAt(parent: Shape, x: number, y: number, className: string, text: string): Shape {
  return parent.append("text").attr("x", x).attr("y", y).attr("class", className).text(visibleText(text));
}

/** A straight line. */
export function lineAt(
  parent: Shape,
  from: readonly [number, number],
  to: readonly [number, number],
  className: string,
): Shape {
  return parent
    .append("line")
    .attr("x1", from[0])
    .attr("y1", from[1])
    .attr("x2", to[0])
    .attr("y2", to[1])
    .attr("class", className);
}

/** A rectangle. */
export function rectAt(parent: Shape, x: number, y: number, width: number, height: number, className: string): Shape {
  return parent
    .append("rect")
    .attr("x", round(x))
    .attr("y", round(y))
    .attr("width", round(Math.max(0, width)))
    .attr("height", round(height))
    .attr("class", className);
}

/** A coordinate with as many digits as can be seen. */
export function round(px: number): number {
  return Math.round(px * 10) / 10;
}
