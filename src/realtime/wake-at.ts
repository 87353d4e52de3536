/** Has the object's alarm go off at an instant, in Unix milliseconds, or where it is set for a sooner one, then. */
export async function wakeAt(
  storage: Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm'>,
  atMs: number,
): Promise<void> {
  const alarmMs = await storage.getAlarm();
  if (alarmMs === null || alarmMs > atMs) await storage.setAlarm(atMs);
}
