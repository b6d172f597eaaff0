// Compliance officers take the access log along, a range of time at once. A patient's events are told without saying whose they are, nor
// which are of the same patient: an officer who executed a payout or reviewed an emergency would else read from the times in which
// orders that patient is, which is two officers' doing (privacy-and-keys 7 and 8). The id of the event stands for what is left out.
export const AUDIT_EXPORT = `
create index access_event_time on audit.access_event (occurred_at, seq);

-- The range that a committed access event of the acting officer opened, not longer than an hour ago; no row otherwise.
create function audit.export_range(export uuid) returns table (since timestamptz, until timestamptz)
language sql stable security definer set search_path = '' as $$
  select (e.detail ->> 'since')::timestamptz, (e.detail ->> 'until')::timestamptz
    from audit.access_event e join identity.party p on p.id = e.actor_id and p.role = 'officer'
   where e.id = export and e.act = 'audit.exported' and e.outcome = 'permitted' and e.actor_id = platform.acting_party()
     and e.occurred_at > clock_timestamp() - interval '1 hour' and e.occurred_at < transaction_timestamp()
$$;

create function audit.is_patient(party uuid) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select from identity.patient p where p.party_id = party or p.person_id = party)
$$;

create function audit.exported_events(export uuid, after uuid, rows_max integer) returns table (
  id uuid, act text, actor_id uuid, subject_id uuid, object_type text, object_id uuid, outcome text, reason text,
  purpose text, provider_id uuid, ledger_entry_id uuid, occurred_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select e.id, e.act,
         case when audit.is_patient(e.actor_id) then e.id else e.actor_id end,
         case when e.subject_id is not null then e.id end,
         e.object_type,
         case when e.subject_id is not null or audit.is_patient(e.actor_id) or audit.is_patient(e.object_id)
              then case when e.object_id is not null then e.id end else e.object_id end,
         e.outcome, e.reason, e.purpose, e.provider_id,
         case when e.subject_id is null and not audit.is_patient(e.actor_id) then e.ledger_entry_id end,
         e.occurred_at
    from audit.export_range(export) r
    join audit.access_event e on e.occurred_at >= r.since and e.occurred_at < r.until
     and (after is null or (e.occurred_at, e.seq) > (select l.occurred_at, l.seq from audit.access_event l where l.id = after))
   order by e.occurred_at, e.seq limit least(rows_max, 1000)
$$;

create function audit.exported_count(export uuid, after uuid) returns bigint
language sql stable security definer set search_path = '' as $$
  select count(*) from audit.export_range(export) r
    join audit.access_event e on e.occurred_at >= r.since and e.occurred_at < r.until
     and (after is null or (e.occurred_at, e.seq) > (select l.occurred_at, l.seq from audit.access_event l where l.id = after))
$$;

-- Whether a cursor names an event of the range.
create function audit.is_exported(export uuid, event uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from audit.export_range(export) r join audit.access_event e
                  on e.id = event and e.occurred_at >= r.since and e.occurred_at < r.until)
$$;
revoke execute on function audit.export_range(uuid), audit.is_patient(uuid), audit.exported_events(uuid, uuid, integer),
  audit.exported_count(uuid, uuid), audit.is_exported(uuid, uuid) from public;
grant execute on function audit.exported_events(uuid, uuid, integer), audit.exported_count(uuid, uuid),
  audit.is_exported(uuid, uuid) to aceso_api;
`;
