import { z } from 'zod';

import { CliError, reasonOf } from '../cli/errors.ts';
import { httpRequest, type HttpAnswer } from './http-request.ts';

const jobSchema = z.looseObject({
  submission_id: z.string().nullish(),
  status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
  message: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  driver_exit_code: z.number().nullish(),
});

/** A job as Ray lists it. */
export type RayJob = z.output<typeof jobSchema>;

/** A job that Ray is to run. */
export interface RayJobRequest {
  readonly submission_id: string;
  /** A line for the shell. */
  readonly entrypoint: string;
  readonly entrypoint_num_cpus: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly runtime_env: {
    readonly env_vars: Readonly<Record<string, string>>;
    readonly working_dir?: string;
  };
}

/** The jobs of a Ray cluster, by its REST interface. */
export interface RayJobs {
  readonly address: string;
  list(): Promise<readonly RayJob[]>;
  submit(request: RayJobRequest): Promise<void>;
  /** Has a job end: SIGTERM, and SIGKILL if it goes on. One that has ended stays as it is. */
  stop(id: string): Promise<void>;
  /** All that a job has printed so far. */
  logs(id: string): Promise<string>;
  /** CPUs of the nodes that are alive. */
  cpus(): Promise<number>;
  /** Brings a package to the cluster unless it is there. */
  upload(name: string, bytes: () => Promise<Uint8Array>): Promise<void>;
}

const nodesSchema = z.looseObject({
  data: z.looseObject({
    result: z.looseObject({
      result: z.array(
        z.looseObject({
          state: z.string(),
          resources_total: z.looseObject({ CPU: z.number().optional() }).nullish(),
        }),
      ),
    }),
  }),
});

/** An answer that isn't there, as of a head that is just being restarted: it may come later. */
export class RayUnreachableError extends CliError {}

/**
 * Talks to the dashboard of a Ray cluster.
 *
 * @param address such as `http://127.0.0.1:8265`
 * @param token of clusters that ask for one
 *
 * Reference: Ray 2.60, "Ray Jobs REST API"; what it says of nodes is of its state API.
 */
export function rayJobs(address: string, token: string | undefined): RayJobs {
  const base = address.replace(/\/+$/, '');
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };

  const ask = async (method: string, path: string, body?: string | Uint8Array): Promise<HttpAnswer> => {
    const response = await httpRequest(base + path, {
      method,
      headers: { ...headers, ...(typeof body === 'string' && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body }),
      milliseconds: 120_000,
    }).catch((error: unknown) => {
      throw new RayUnreachableError(
        `there is no answer from Ray at ${base} (${reasonOf(error)})`,
        'Start a cluster with "ray start --head", or give the address of its dashboard with RAY_API_SERVER_ADDRESS, or as ray.address.',
        { cause: error },
      );
    });
    if (response.status === 401 || response.status === 403)
      throw new CliError(
        `Ray at ${base} ${token === undefined ? 'asks for a token' : 'refuses the token'}`,
        'Give it with RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token; "ray get-auth-token" prints it on the head.',
      );
    return response;
  };
  /** The body of an answer that isn't a refusal. */
  const whole = ({ status, body }: HttpAnswer, what: string): string => {
    if (isFine(status)) return body;
    const lastLine = body.trim().split('\n').at(-1) ?? '';
    const Failure = status >= 500 ? RayUnreachableError : CliError;
    throw new Failure(
      `Ray at ${base} can't ${what}: ${lastLine.replace(/\.$/, '')} (status ${status})`,
      'Look at its dashboard.',
    );
  };

  return {
    address: base,
    list: async () =>
      z.array(jobSchema).parse(JSON.parse(whole(await ask('GET', '/api/jobs/'), 'list its jobs'))),
    submit: async (request) =>
      void whole(await ask('POST', '/api/jobs/', JSON.stringify(request)), 'run a job'),
    stop: async (id) => void whole(await ask('POST', `${job(id)}/stop`), `stop ${id}`),
    logs: async (id) =>
      z
        .looseObject({ logs: z.string() })
        .parse(JSON.parse(whole(await ask('GET', `${job(id)}/logs`), `give the logs of ${id}`))).logs,
    cpus: async () => {
      const nodes = nodesSchema.parse(
        JSON.parse(whole(await ask('GET', '/api/v0/nodes?detail=1'), 'list its nodes')),
      ).data.result.result;
      return nodes
        .filter(({ state }) => state === 'ALIVE')
        .reduce((sum, { resources_total: of }) => sum + (of?.CPU ?? 0), 0);
    },
    upload: async (name, bytes) => {
      const path = `/api/packages/gcs/${name}`;
      if (isFine((await ask('GET', path)).status)) return;
      whole(await ask('PUT', path, await bytes()), 'take the app');
    },
  };
}

const job = (id: string) => `/api/jobs/${encodeURIComponent(id)}`;

const isFine = (status: number): boolean => status >= 200 && status < 300;
