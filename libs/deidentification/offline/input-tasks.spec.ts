import { concat, fromUtf8, utf8 } from '@aceso/kernel';
import { inputTasks } from './input-tasks';

describe('tasks of lines', () => {
  const lines = ['aaaa', 'bb', '', 'cccccccccc', 'd', 'eee', 'ff'].map(utf8);

  it.each([1, 3, 5, 7, 100])('hold at most %d bytes, or one line, and lose nothing', (bytesMax) => {
    const tasks = [...inputTasks(lines, bytesMax)];
    for (const { text, ends } of tasks) expect(text.length <= bytesMax || ends.length === 1).toBe(true);
    expect(fromUtf8(concat(...tasks.map(({ text }) => text)))).toBe('aaaabbccccccccccdeeeff');
    const cut = tasks.flatMap(({ text, ends }) => ends.map((end, at) => fromUtf8(text.slice(ends[at - 1] ?? 0, end))));
    expect(cut).toEqual(lines.map(fromUtf8));
  });

  it('are none without lines', () => expect([...inputTasks([])]).toEqual([]));
});
