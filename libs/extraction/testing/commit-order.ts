import type { TestDatabase } from '@aceso/platform/testing';

type Watched = Pick<TestDatabase, 'ownerQuery'>;

/**
 * Writes down when gates and packages commit: a deferred constraint trigger runs at the commit, while the locks that
 * make two commits take turns are still held. So the order of its times is the order of the commits.
 */
export async function watchCommits({ ownerQuery }: Watched): Promise<void> {
  await ownerQuery(`
    create schema watch;
    create table watch.committed (kind text, id uuid, at timestamptz default clock_timestamp());
    create function watch.note_gate() returns trigger language plpgsql security definer as $$
      begin insert into watch.committed (kind, id) values ('gate', new.person_id); return null; end $$;
    create function watch.note_release() returns trigger language plpgsql security definer as $$
      begin insert into watch.committed (kind, id) values ('release', new.order_id); return null; end $$;
    create constraint trigger watch_gate after update on identity.patient_gate
      deferrable initially deferred for each row execute function watch.note_gate();
    create constraint trigger watch_release after insert on extraction.package
      deferrable initially deferred for each row execute function watch.note_release();
    grant usage on schema watch to public;
  `);
}

/** Persons in released packages whose gate had moved before that release committed: there must be none. */
export async function releasedTooLate({ ownerQuery }: Watched, orderId: string): Promise<string[]> {
  const rows = await ownerQuery<{ person: string }>(
    `select m.person_id as person
       from extraction.package p
       join extraction.attempt a on a.id = p.attempt_id
       join extraction.member m on m.attempt_id = a.id and m.state = 'released'
       join watch.committed release on release.kind = 'release' and release.id = p.order_id
       join watch.committed gate on gate.kind = 'gate' and gate.id = m.person_id
      where p.order_id = $1 and gate.at > a.started_at and gate.at < release.at`,
    [orderId],
  );
  return rows.map(({ person }) => person);
}
