import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

/** A request over HTTP. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly milliseconds: number;
}

/** What was answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a server. Node's `fetch` says that it is a browser's (`Sec-Fetch-Mode`), to which Ray answers nothing that changes something.
 *
 * @throws Error if there is no answer
 */
export const httpRequest = (
  url: string,
  { method, headers, body, milliseconds }: HttpRequest,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = send(
      url,
      {
        method,
        headers: { ...headers, ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }) },
        signal: AbortSignal.timeout(milliseconds),
      },
      (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
