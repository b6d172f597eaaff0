import { DomainError } from '@aceso/kernel';
import { serveJobs } from '../serve-jobs';

/** A thread for the specs of the pool: it adds, and goes wrong in every way on demand. */
serveJobs<{ readonly base: number }, number | string, number>(({ base }) => {
  let tasks = 0;
  return (task) => {
    tasks += 1;
    if (task === 'refuse') throw new DomainError('SUM_REFUSED', 'numbers only');
    if (task === 'fail') throw new TypeError('secret of a patient');
    if (task === 'die') process.exit(3);
    if (task === 'exhaust')
      for (const held: number[][] = []; ;) held.push(new Array<number>(1_000_000).fill(held.length));
    while (task === 'endless') tasks += 1;
    if (task === 'tasks') return { result: tasks };
    return { result: base + Number(task) };
  };
});
