import { DomainError } from '@aceso/kernel';
import { pino } from 'pino';
import { describeError } from './describe-error';
import { Logger, type LogFields } from './logger';

let lines: Record<string, unknown>[];
let logger: Logger;

beforeEach(() => {
  lines = [];
  const target = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  logger = new Logger(pino({ level: 'debug' }, target as unknown as { write(line: string): void }));
});

const everything = (): string => JSON.stringify(lines);

it('writes the fields that are allowed, and drops every other', () => {
  const fields = { jobId: 'job-1', count: 3, patientName: 'Amina', email: 'amina@example.org' } as LogFields;
  logger.info('a job is done', fields);
  expect(lines).toEqual([expect.objectContaining({ msg: 'a job is done', jobId: 'job-1', count: 3 })]);
  expect(everything()).not.toMatch(/Amina|example/);
});

it('cuts a field that is too long', () => {
  logger.warn('refused', { code: 'x'.repeat(1000) });
  expect(String(lines[0]?.code)).toHaveLength(200);
});

it('tells of a foreign error its code and place, never its message or detail', () => {
  const error = Object.assign(new Error('duplicate key: Key (name)=(Amina) already exists'), {
    code: '23505',
    constraint: 'patient_name',
    table: 'patient',
    detail: 'Key (name)=(Amina) already exists.',
  });
  logger.error('a use case fails', error, { operation: 'register' });
  expect(lines[0]).toMatchObject({
    sqlState: '23505',
    constraint: 'patient_name',
    table: 'patient',
    operation: 'register',
  });
  expect(String(lines[0]?.frames)).toContain('logger.spec');
  expect(everything()).not.toContain('Amina');
});

it('tells the code of our own refusals', () => {
  expect(describeError(new DomainError('QUOTE_EXPIRED', 'the quote has expired'))).toMatchObject({
    code: 'QUOTE_EXPIRED',
  });
  expect(describeError('a thrown text')).toEqual({ errorName: 'string' });
});
