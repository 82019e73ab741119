/** The part of d3-node that the figures use; it ships no types of its own. */
declare module "d3-node" {
  interface D3Selection {
    append(name: string): D3Selection;
    attr(name: string, value: string | number): D3Selection;
    text(value: string): D3Selection;
    remove(): D3Selection;
  }

  export class D3Node {
    createSVG(width?: number, height?: number, attributes?: Readonly<Record<string, string | number>>): D3Selection;
    svgString(): string;
  }
}
