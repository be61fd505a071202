/**
 * Reads what an address gives.
 *
 * @throws Error if it gives nothing
 */
export async function fetchBytes(source: string | URL): Promise<Uint8Array> {
  const response = await fetch(source);
  if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`.trimEnd());
  // As servers of pages with one address answer for every other one.
  if (response.headers.get('content-type')?.startsWith('text/html'))
    throw new Error('the server answers with a web page');
  return new Uint8Array(await response.arrayBuffer());
}
