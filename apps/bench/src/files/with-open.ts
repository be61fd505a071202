/** What has to be closed after use. */
interface Closable {
  close(): unknown;
}

/**
 * Does work with things that have to be closed. All that it opens is closed again, the last first, whatever fails; the first
 * failure is thrown.
 *
 * @param work calls `open` with each thing as soon as it is there
 * @param closeFailed takes the first failure of closing after work that is done, whose result would be lost were it thrown
 */
export async function withOpen<T>(
  work: (open: <C extends Closable>(resource: C) => C) => Promise<T>,
  closeFailed?: (error: unknown) => void,
): Promise<T> {
  const opened: Closable[] = [];
  const closeAll = async () => {
    const failures: unknown[] = [];
    for (const resource of opened.toReversed()) {
      try {
        await resource.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  let result: T;
  try {
    result = await work((resource) => {
      opened.push(resource);
      return resource;
    });
  } catch (error) {
    // Closing may fail for the same reason, of which there is no more to say.
    await closeAll().catch(() => {});
    throw error;
  }
  await closeAll().catch((error: unknown) => {
    if (!closeFailed) throw error;
    closeFailed(error);
  });
  return result;
}
