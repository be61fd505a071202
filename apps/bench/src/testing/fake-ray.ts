import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

import { onTestFinished } from 'vitest';

/** A job as tests put it into the list of {@link startFakeRay}. */
export type FakeJob = Readonly<Record<string, unknown>> & { readonly submission_id: string };

export type FakeRay = Awaited<ReturnType<typeof startFakeRay>>;

/**
 * Test double: the REST interface of a Ray cluster of two CPUs, whose jobs do nothing.
 *
 * @param onSubmit gives a job that was submitted its status
 */
export async function startFakeRay(
  token: string | undefined,
  onSubmit: (job: FakeJob) => Readonly<Record<string, unknown>> = () => ({ status: 'RUNNING' }),
) {
  const jobs = new Map<string, FakeJob>();
  const packages = new Map<string, number>();
  const requests: string[] = [];
  // Ends of requests such as `POST /api/jobs/`, for each of which there is once no answer, as of a head that is being restarted.
  const refused: string[] = [];
  const unanswered: string[] = [];
  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    requests.push(`${method} ${url}`);
    if (takeEnd(refused, request)) return UNAVAILABLE;
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) return [401, 'Unauthorized'];
    if ('sec-fetch-mode' in headers) return [405, 'not allowed for browser traffic'];
    if (url.startsWith('/api/v0/nodes')) {
      const nodes = [
        { state: 'ALIVE', resources_total: { CPU: 2 } },
        { state: 'DEAD', resources_total: { CPU: 8 } },
        { state: 'ALIVE', resources_total: null },
      ];
      return [200, { data: { result: { result: nodes } } }];
    }
    if (url.startsWith('/api/packages/')) {
      if (method === 'PUT') packages.set(url, body.length);
      return packages.has(url) ? [200, ''] : [404, ''];
    }
    const id = decodeURIComponent(url.split('/')[3] ?? '');
    if (method === 'GET' && id === '') return [200, [...jobs.values()]];
    if (method === 'POST' && id === '') {
      const job: FakeJob = JSON.parse(body);
      jobs.set(job.submission_id, { ...job, ...onSubmit(job) });
      return [200, {}];
    }
    const job = jobs.get(id);
    if (!job) return [404, `Job ${id} does not exist`];
    if (url.endsWith('/stop')) jobs.set(id, { ...job, status: 'STOPPED' });
    return [200, url.endsWith('/logs') ? { logs: String(job['logs'] ?? '') } : job];
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (answered) => {
        const [status, body] = takeEnd(unanswered, request) ? UNAVAILABLE : answered;
        response.statusCode = status;
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { address: `http://127.0.0.1:${port}`, jobs, packages, requests, refused, unanswered };
}

const UNAVAILABLE = [503, 'Service Unavailable'] as const;

/** Whether a request ends with one of these, which is taken out. */
function takeEnd(ends: string[], { method = '', url = '' }: IncomingMessage): boolean {
  const index = ends.findIndex((end) => `${method} ${url}`.endsWith(end));
  if (index >= 0) ends.splice(index, 1);
  return index >= 0;
}
