import { describe, expect, it } from 'vitest';

import { messageOf, portableError, sendPlain } from './plain-data.ts';

const send = (value: unknown) => () => sendPlain(value, 'info', () => structuredClone(value));

describe('sendPlain', () => {
  it('names the place and the kind of what can not be copied', () => {
    expect(send({ a: [1, new Map(), { b: Float64Array.of(1) }] })).not.toThrow();
    expect(send(() => 1)).toThrow("info is a function, which can't be copied to another thread.");
    expect(send({ a: 1, b: [0, { c: Symbol('s') }] })).toThrow('info.b.1.c is a symbol, which');
    expect(send({ later: Promise.resolve() })).toThrow('info.later is of class Promise, which');
    expect(send({ all: new Set([() => 1]) })).toThrow('info.all is of class Set, which');
    const turning: Record<string, unknown> = {};
    turning['self'] = [turning];
    turning['call'] = () => 1;
    expect(send(turning)).toThrow('info.call is a function, which');
  });

  it('leaves other errors as they are', () => {
    const torn = {
      get part(): number {
        throw new RangeError('torn');
      },
    };
    expect(send(torn)).toThrow(new RangeError('torn'));
  });
});

describe('messageOf', () => {
  it.each([
    [new RangeError('too far'), 'too far'],
    [new RangeError(), 'RangeError'],
    [undefined, 'it threw undefined, which is no Error'],
    ['text', 'it threw text, which is no Error'],
    [{ code: 3 }, 'it threw { code: 3 }, which is no Error'],
  ])('says what %o is', (error, expected) => {
    expect(messageOf(error)).toBe(expected);
  });
});

describe('portableError', () => {
  it('keeps what can be copied, and the message and the stack of what can not', () => {
    const plain = new TypeError('plain');
    expect(portableError(plain)).toBe(plain);
    const functional = new TypeError('functional', { cause: () => 1 });
    for (const error of [functional, new DOMException('gone', 'AbortError')]) {
      const portable = structuredClone(portableError(error));
      if (!(portable instanceof Error)) throw new Error('no Error');
      expect(portable.message).toBe(error.message);
      expect(portable.stack).toBe(error.stack);
    }
  });
});
