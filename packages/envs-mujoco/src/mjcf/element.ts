/** Numbers with a unit of meaning: a position, an axis, a gravity. */
export type Vec3 = readonly [number, number, number];

/** What an MJCF attribute may hold; `undefined` leaves it to MuJoCo's default. */
export type AttributeValue = string | number | boolean | readonly number[] | undefined;

/** An MJCF element: a tag with attributes and the elements inside it. */
export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly children: readonly Element[];
}

export function element(
  tag: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  children: readonly Element[] = [],
): Element {
  return { tag, attributes, children };
}

/** MJCF text of an element. Numbers keep all their digits, so compiling them loses nothing. */
export function toXml({ tag, attributes, children }: Element): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escape(text(value))}"`)
    .join('');
  if (children.length === 0) return `<${tag}${written}/>`;
  return `<${tag}${written}>${children.map(toXml).join('')}</${tag}>`;
}

const text = (value: AttributeValue) => (Array.isArray(value) ? value.join(' ') : String(value));

const escape = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Angles in degrees, in the radians that our models are written in. */
export const degrees = (...angles: readonly [number, number]): readonly [number, number] => [
  (angles[0] * Math.PI) / 180,
  (angles[1] * Math.PI) / 180,
];
