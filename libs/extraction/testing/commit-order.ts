import type { TestDatabase } from '@aceso/platform/testing';

type Watched = Pick<TestDatabase, 'ownerQuery'>;

/**
 * Writes down when gates, packages and fetches commit: a deferred constraint trigger runs at the commit, while the locks that
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
    create function watch.note_fetch() returns trigger language plpgsql security definer as $$
      begin insert into watch.committed (kind, id)
        select 'fetch', order_id from extraction.package where id = new.package_id; return null; end $$;
    create constraint trigger watch_gate after update on identity.patient_gate
      deferrable initially deferred for each row execute function watch.note_gate();
    create constraint trigger watch_release after insert on extraction.package
      deferrable initially deferred for each row execute function watch.note_release();
    create constraint trigger watch_fetch after insert on extraction.fetch
      deferrable initially deferred for each row execute function watch.note_fetch();
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

/** What committed for an order and for its persons since the watch was emptied; `at` grows with the commits. */
export interface Committed {
  readonly kind: 'gate' | 'release' | 'fetch';
  /** The person of a gate, the order of a release or of a fetch. */
  readonly id: string;
  readonly at: number;
}

/** Everything that was written down since the last call, in the order of the commits. */
export async function takeCommits({ ownerQuery }: Watched): Promise<readonly Committed[]> {
  return ownerQuery<Committed>(
    `with taken as (delete from watch.committed returning kind, id, at)
     select kind, id, (row_number() over (order by at))::integer as at from taken order by at`,
  );
}
