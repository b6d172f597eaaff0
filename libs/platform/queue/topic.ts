import { QueueError } from './queue.errors';

const TOPIC = /^([a-z]+)\.[a-z-]+$/;
/** BullMQ keeps `:` for itself, and reads a whole number as a number it gave out. */
const JOB_ID = /^(?![0-9]+$)[A-Za-z0-9._-]{1,200}$/;

/** The queue of a topic `<context>.<job>`: one queue a context. QUEUE_TOPIC_INVALID for other forms. */
export function queueOf(topic: string): string {
  const context = TOPIC.exec(topic)?.[1];
  if (context === undefined) throw new QueueError('QUEUE_TOPIC_INVALID', 'a topic is <context>.<job>');
  return context;
}

/** A job id that BullMQ takes; QUEUE_JOB_ID_INVALID otherwise. */
export function jobIdOf(text: string): string {
  if (!JOB_ID.test(text)) {
    throw new QueueError('QUEUE_JOB_ID_INVALID', 'a job id has 1 to 200 letters, digits, dots, dashes or underscores');
  }
  return text;
}

/** Things of topics, together by queue. */
export function byQueue<Item extends { readonly topic: string }>(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = queueOf(item.topic);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
}
