"""Each MDT page as one statement, as somebody who knows SQL and this database would write it for that page alone.

A statement fetches what its page shows, with nothing around it: no session, no policy, no audit line, no words. Records that
were merged count as one person, as on the page. Parts that are lists come as JSON, which PostgreSQL puts together itself.
"""

CASE_LIST = """
select m.id, m.person_id, m.state, m.since, m.mdt_number, m.reason, p.name, p.alias, p.description, p.date_of_birth,
  v.verified, v.since as verified_since, v.reason as verification_reason, seen.last_at, slept.nights, needs.needs, red.missed,
  d.name as district, counts.by_state, counts.new
from district d
cross join (select json_object_agg(state, n) as by_state, sum(fresh) as new from (
    select state, count(*) as n, count(*) filter (where since >= %(yesterday)s and state in ('candidate', 'listed', 'open'))
      as fresh from mdt_case where district_id = %(district)s group by state) each_state) counts
join mdt_case m on m.district_id = d.id and m.state in ('candidate', 'listed', 'open')
join person p on p.id = m.person_id
left join person_verification v on v.person_id = m.person_id
cross join lateral (select array_append(array(
    select from_id from person_merge where into_id = m.person_id and not undone), m.person_id) as ids) same
cross join lateral (select max(seen_at) as last_at from contact_person where person_id = any(same.ids)
    and state in ('bedded_down', 'about_to_bed_down', 'not_bedded_down', 'declined_contact')) seen
cross join lateral (select count(distinct night) as nights from contact_person where person_id = any(same.ids)
    and state in ('bedded_down', 'about_to_bed_down') and night > %(fortnight)s and seen_at > %(fortnight)s) slept
cross join lateral (select string_agg(need, ',') as needs from (select distinct on (need) need, receiving_support
    from person_need where person_id = m.person_id order by need, at desc, id desc) newest
    where receiving_support = 'no') needs
cross join lateral (select count(*) as missed from case_action where case_id = m.id and done_at is null
    and due_on < %(today)s and explained = '') red
where d.id = %(district)s
order by m.state = 'candidate' desc, coalesce(v.verified, false) desc, v.since desc nulls last, m.id
limit 51
"""

PERSON = """
with recursive same (id) as (
    select %(person)s::varchar
    union select case when g.from_id = same.id then g.into_id else g.from_id end
    from same join person_merge g on (g.from_id = same.id or g.into_id = same.id) and not g.undone),
them as materialized (select array_agg(id) as ids from same)
select p.*, v.verified, v.reason, v.review_status,
  (select json_agg(c) from (select k.*, d.name as district from mdt_case k join district d on d.id = k.district_id
    where k.person_id = p.id order by k.state in ('candidate', 'listed', 'open') desc, k.since desc) c) as cases,
  (select json_agg(n) from (select distinct on (need) need, receiving_support, at from person_need
    where person_id = any(them.ids) order by need, at desc, id desc) n) as needs,
  (select json_agg(w) from (select worker.short_name, agency.name, count(*), max(h.seen_at) as last_at
    from contact_person h join contact c on c.id = h.contact_id join worker on worker.id = c.worker_id
    join agency on agency.id = worker.agency_id where h.person_id = any(them.ids) and h.seen_at >= %(quarter)s
    group by worker.id, worker.short_name, agency.id, agency.name order by last_at desc) w) as works_with,
  (select json_agg(l) from (select worker.short_name, agency.name, a.at, a.purpose from audit a
    join worker on worker.id = a.actor_id join agency on agency.id = worker.agency_id
    where a.subject_kind = 'person' and a.action = 'see_person' and a.subject_id = any(them.ids) and a.allowed
    order by a.at desc, a.id desc limit 100) l) as looks,
  (select count(distinct night) from contact_person where person_id = any(them.ids) and night > %(fortnight)s
    and seen_at > %(fortnight)s and state in ('bedded_down', 'about_to_bed_down')) as nights,
  (select json_agg(distinct agency.name) from person_note join agency on agency.id = person_note.agency_id
    where person_note.person_id = any(them.ids)) as keepers,
  (select json_agg(e) from (select e.*, worker.short_name from (
    (select 'contact' as kind, c.id, h.seen_at as at, c.worker_id, h.state as code, coalesce(s.name, '') as place,
        c.note as text, c.next_step as more
      from contact_person h join contact c on c.id = h.contact_id left join site s on s.id = c.site_id
      where h.person_id = any(them.ids) order by h.seen_at desc limit 50)
    union all (select 'verification', id, at, worker_id, review_status, '', reason, basis from verification
      where person_id = any(them.ids) order by at desc limit 50)
    union all (select 'case', k.id, k.since, k.put_forward_by, k.state, d.name, k.reason, k.outcome from mdt_case k
      join district d on d.id = k.district_id where k.person_id = any(them.ids) order by k.since desc limit 50)
    union all (select 'review', r.id, r.at, null, r.mdt_number::text, '', r.notes, r.outcome from case_review r
      join mdt_case k on k.id = r.case_id where k.person_id = any(them.ids) order by r.at desc limit 50)
    union all (select 'action', a.id, a.agreed_at, a.agreed_by, a.due_on::text, g.name, a.text, a.done_note from case_action a
      join mdt_case k on k.id = a.case_id join agency g on g.id = a.agency_id
      where k.person_id = any(them.ids) order by a.agreed_at desc limit 50)
    union all (select 'referral', f.id, f.reported_at, null, f.state, f.place, f.description, f.number from referral f
      where f.id in (select referral_id from contact_person where person_id = any(them.ids) and referral_id is not null)
      order by f.reported_at desc limit 50)
    ) e left join worker on worker.id = e.worker_id order by e.at desc, e.id desc limit 50) e) as timeline
from person p cross join them left join person_verification v on v.person_id = p.id
where p.id = %(person)s
"""

MEETING = """
select c.*, d.name as district, i.*, k.mdt_number, k.state, p.*, n.notes, n.outcome, n.version, n.changed_at,
  (select count(*) from agenda_item where conference_id = c.id) as last,
  (select json_agg(x) from (select distinct on (need) need, receiving_support from person_need
    where person_id = k.person_id order by need, at desc, id desc) x) as needs,
  (select json_agg(x) from (select a.*, g.name as agency from case_action a join agency g on g.id = a.agency_id
    where a.case_id = k.id order by a.due_on, a.agreed_at, a.id) x) as actions,
  (select json_agg(x) from (select u.text, g.name from written_update u join agency g on g.id = u.agency_id
    where u.conference_id = c.id and u.case_id = k.id order by u.at, u.id) x) as updates,
  (select json_agg(x) from (select r.* from case_review r where r.case_id = k.id order by r.mdt_number, r.at) x) as reviews,
  (select json_agg(x) from (select g.id, g.name from agency g where g.kind <> 'public_health' and (exists (
      select from worker w join worker_district wd on wd.worker_id = w.id
      where w.agency_id = g.id and wd.district_id = c.district_id and (
        exists (select from worker_role r where r.worker_id = w.id
          and r.role in ('coordinator', 'agency_member', 'team_lead'))
        or exists (select from worker_team t where t.worker_id = w.id)))
    or exists (select from worker w join worker_team t on t.worker_id = w.id join team_district td on td.team_id = t.team_id
      where w.agency_id = g.id and td.district_id = c.district_id)
    or exists (select from agreement s where s.agency_id = g.id) and not exists (
      select from worker w where w.agency_id = g.id and (
        exists (select from worker_district wd where wd.worker_id = w.id and exists (select from worker_role r
          where r.worker_id = w.id and r.role in ('coordinator', 'agency_member', 'team_lead')))
        or exists (select from worker_team t join team_district td on td.team_id = t.team_id where t.worker_id = w.id))))
    order by g.name) x) as owners
from case_conference c join district d on d.id = c.district_id join agenda_item i on i.conference_id = c.id
join mdt_case k on k.id = i.case_id join person p on p.id = k.person_id
left join conference_note n on n.agenda_item_id = i.id
where c.id = %(conference)s and i.position = 1
"""
