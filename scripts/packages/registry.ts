import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A package as a registry keeps it. */
interface Version {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly bytes: Uint8Array;
}

/** An npm registry in this process, for the packages that it is given and those that are published to it. */
export interface Registry {
  /** `http://127.0.0.1:4000/` */
  readonly url: string;
  /** All that it has, by `name@version`. */
  readonly versions: ReadonlyMap<string, Version>;
  close(): Promise<void>;
}

/** What npm sends to publish. */
interface Publication {
  readonly versions: Readonly<Record<string, Version['manifest']>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** Starts a registry. It knows as much of npm's protocol as installing and publishing take. */
export async function startRegistry(packages: readonly Version[]): Promise<Registry> {
  const versions = new Map(
    packages.map((entry) => [`${entry.manifest.name}@${entry.manifest.version}`, entry]),
  );
  let url = '';
  /** The document of all versions of a package. */
  const documentOf = (name: string) => {
    const all = [...versions.values()].filter(({ manifest }) => manifest.name === name);
    const newest = all.at(-1);
    return newest === undefined
      ? undefined
      : {
          name,
          'dist-tags': { latest: newest.manifest.version },
          versions: Object.fromEntries(
            all.map(({ manifest, bytes }) => [
              manifest.version,
              {
                ...manifest,
                dist: {
                  tarball: `${url}${name}@${manifest.version}.tgz`,
                  integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
                },
              },
            ]),
          ),
        };
  };
  const publish = ({ versions: published, _attachments }: Publication) => {
    const [manifest] = Object.values(published);
    const [attachment] = Object.values(_attachments);
    if (!manifest || !attachment) throw new Error('registry: a publication without a version or a tarball');
    versions.set(`${manifest.name}@${manifest.version}`, {
      manifest,
      bytes: Buffer.from(attachment.data, 'base64'),
    });
  };

  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', url).pathname).slice(1);
    // Nothing of it is kept in npm's cache.
    const answer = (status: number, body: string | Uint8Array) =>
      response.writeHead(status, { 'cache-control': 'no-store' }).end(body);
    if (request.method === 'PUT') {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk);
      publish(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      answer(201, '{"ok":true}');
      return;
    }
    const tarball = name.endsWith('.tgz') ? versions.get(name.slice(0, -'.tgz'.length))?.bytes : undefined;
    const document = documentOf(name);
    if (tarball) answer(200, tarball);
    else if (document) answer(200, JSON.stringify(document));
    else answer(404, '{"error":"not_found"}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    versions,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
