import type { Node, OperatorNode, Tensor } from '../../tensor.ts';
import { elementwise } from './instructions.ts';
import { kindIn, sameSpace, spaceOf } from './space.ts';
import type { Space } from './space.ts';

/** A node that a fused operator can compute. */
export interface Fusible {
  readonly node: OperatorNode;
  readonly space: Space;
  /** Whether its result leaves the space, as a sum over rows does: nothing in the same fused operator can read it. */
  readonly isLast: boolean;
}

/** Operators that are instructions of other names, or several, each of which goes element by element. */
const TRANSLATED: ReadonlySet<string> = new Set(['swish', 'clip', 'relu', 'softplus']);

export const isElementwise = (operator: string): boolean =>
  TRANSLATED.has(operator) || Object.hasOwn(elementwise, operator);

/** What is known of a program's nodes, inputs first. */
export class Classification {
  readonly #fusible = new Map<Node, Fusible>();
  readonly #depths = new Map<Node, number>();
  readonly #leaving = new Set<Tensor>();
  readonly #compared = new Set<Node>();

  constructor(nodes: readonly Node[]) {
    for (const node of nodes) {
      const placement = node.kind === 'operator' ? this.#place(node) : undefined;
      const depth = node.inputs.reduce((most, input) => {
        const behind = this.#depths.get(input.node) ?? 0;
        return Math.max(most, placement && this.isInside(input, placement.space) ? behind : behind + 1);
      }, 0);
      this.#depths.set(node, depth);
      if (placement && node.kind === 'operator') this.#fusible.set(node, { node, ...placement });
      for (const input of node.inputs) {
        const { space } = this.#fusible.get(input.node) ?? {};
        if (space && !(placement && sameSpace(placement.space, space))) this.#leaving.add(input);
        if (node.kind === 'operator' && node.operator === 'isEqual') this.#compared.add(input.node);
      }
    }
  }

  /** What is known of a fusible node; undefined if it is none. */
  of(node: Node): Fusible | undefined {
    return this.#fusible.get(node);
  }

  /** Length of the longest chain behind a node, where steps within a space do not count. */
  depthOf(node: Node): number {
    return this.#depths.get(node) ?? 0;
  }

  /** Whether a fusible node in this space computes a tensor that others in it can read. */
  isInside(tensor: Tensor, space: Space): boolean {
    const fusible = this.#fusible.get(tensor.node);
    return fusible !== undefined && !fusible.isLast && sameSpace(fusible.space, space);
  }

  /** Whether something outside of its space reads a tensor, so that it is there to be read in any case. */
  leaves(tensor: Tensor): boolean {
    return this.#leaving.has(tensor);
  }

  /**
   * Whether something asks if a node's result is equal to another tensor. Computed again it may be rounded otherwise, and would no longer be
   * equal to what was taken of it, as its maximum is.
   */
  isCompared({ node }: Tensor): boolean {
    return this.#compared.has(node);
  }

  #place(node: OperatorNode): Pick<Fusible, 'space' | 'isLast'> | undefined {
    const [output] = node.outputs;
    const matrix = output && spaceOf(output.shape);
    if (!output || !matrix || [...node.inputs, ...node.outputs].some(({ dtype }) => dtype !== 'float32'))
      return undefined;
    if (node.operator === 'standardize')
      return matrix.columns > 1 ? { space: matrix, isLast: false } : undefined;
    if (node.operator === 'matmul') return this.#productWithColumn(node);
    if (node.operator === 'sum') return this.#sum(node);
    if (!isElementwise(node.operator)) return undefined;
    // The engine makes one of a product and its relu.
    if (node.operator === 'relu' && !this.#spaceInside(node.inputs[0])) return undefined;
    const space = this.#columnOf(node, matrix) ?? matrix;
    const fits = node.inputs.every(({ shape }) => kindIn(space, shape) !== undefined);
    return fits ? { space, isLast: false } : undefined;
  }

  /** The space that a column belongs to: that in which a column that it is computed from arose. */
  #columnOf(node: OperatorNode, matrix: Space): Space | undefined {
    if (matrix.columns !== 1) return undefined;
    for (const input of node.inputs) {
      const space = this.#fusible.get(input.node)?.space;
      if (space && space.rows === matrix.rows && space.columns > 1 && this.isInside(input, space))
        return space;
    }
    return undefined;
  }

  /** The space of a matrix that is computed in it. */
  #spaceInside(matrix: Tensor | undefined): Space | undefined {
    const space = matrix && spaceOf(matrix.shape);
    return matrix && space && space.columns > 1 && this.isInside(matrix, space) ? space : undefined;
  }

  /** A product with a column is a sum over each row; with a matrix that is not computed here the engine does it better. */
  #productWithColumn({ inputs: [matrix, column], attributes }: OperatorNode) {
    const space = this.#spaceInside(matrix);
    if (!space || attributes['transposeA'] !== false || attributes['transposeB'] !== false) return undefined;
    const isColumn = column?.shape[1] === 1 && !this.isInside(column, space);
    return isColumn ? { space, isLast: false } : undefined;
  }

  #sum({ inputs: [matrix], outputs: [output], attributes }: OperatorNode) {
    const space = this.#spaceInside(matrix);
    const axes = Array.isArray(attributes['axes']) ? attributes['axes'].join() : '';
    if (!space || !matrix || !output) return undefined;
    const overRow = axes === String(matrix.shape.length - 1);
    if (overRow && matrix.shape.length === 2 && output.shape.length === 2) return { space, isLast: false };
    return overRow || (axes === '0' && matrix.shape.length === 2) ? { space, isLast: true } : undefined;
  }
}
