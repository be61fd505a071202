import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';

/** A shorter one could be guessed by whoever can connect. */
const SHORTEST_TOKEN = 16;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');

/** What speaks against listening there with that token, as a sentence without its period; undefined if nothing does. */
export function listeningProblem({
  host,
  token,
}: {
  readonly host: string;
  readonly token?: string | undefined;
}): string | undefined {
  if (token === '') return 'the token is empty';
  if (token !== undefined && (/\p{Cc}/u.test(token) || token !== token.trim()))
    return 'the token has line ends or spaces around it, which no client can send';
  if (isLoopback(host)) return undefined;
  if (token === undefined) return `${host} lets others than this machine connect, so a token is needed`;
  if (token.length >= SHORTEST_TOKEN) return undefined;
  return `the token has ${token.length} characters, at least ${SHORTEST_TOKEN} are needed for ${host}, which others than this machine reach`;
}

/** Why a request isn't let in. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

const WRONG_TOKEN: Refusal = {
  status: 401,
  text: "A token is needed, as Authorization: Api-Key, and it has to be the server's.\n",
};
const PAGE: Refusal = { status: 403, text: 'Web pages may not connect.\n' };

/** Decides who is let in, by the headers of a request alone and by the token before anything else. */
export function doorkeeper(token: string | undefined): (request: IncomingMessage) => Refusal | undefined {
  // Digests are of one length, so that the comparison tells nothing of either.
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text, 'utf8').digest();
  const expected = token === undefined ? undefined : digest(token);
  return ({ headers }) => {
    if (expected && !timingSafeEqual(digest(apiKey(headers.authorization ?? '')), expected))
      return WRONG_TOKEN;
    return headers.origin === undefined ? undefined : PAGE;
  };
}

/** Of `Api-Key <key>`, as openpi's client sends it. Node reads headers as Latin-1. */
function apiKey(header: string): string {
  const [, key = ''] = /^api-key +(.*)$/i.exec(header) ?? [];
  return Buffer.from(key, 'latin1').toString('utf8');
}
