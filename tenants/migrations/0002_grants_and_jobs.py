"""What each role may reach in ``public``, and the one way in which a retailer enqueues a job."""

from django.db import migrations

GRANTS = """
GRANT SELECT ON tenants_retailer, tenants_domain TO oms_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers TO oms_jobs;
GRANT USAGE, SELECT ON SEQUENCE
    procrastinate_jobs_id_seq, procrastinate_events_id_seq, procrastinate_periodic_defers_id_seq,
    procrastinate_workers_id_seq TO oms_jobs;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO oms_jobs;
"""

# The function runs as its owner, so a retailer's role needs no privilege on the jobs and cannot read them. It
# takes the schema from the role in force, not from its caller: a retailer cannot enqueue work for another.
ENQUEUE = """
CREATE FUNCTION enqueue_job(task text, queue text, arguments jsonb, job_lock text, queueing text,
                            due timestamptz, job_priority integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    served text := substring(current_setting('role') FROM '^retailer_(.+)$');
    job_id bigint;
BEGIN
    IF served IS NULL THEN
        RAISE EXCEPTION 'only a retailer enqueues jobs here; the role in force is %', current_setting('role');
    END IF;
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
    VALUES (queue, task, job_priority, served || ':' || job_lock, served || ':' || queueing,
            arguments || jsonb_build_object('schema', served), due)
    ON CONFLICT DO NOTHING
    RETURNING id INTO job_id;
    RETURN job_id;
END $body$;
REVOKE ALL ON FUNCTION enqueue_job(text, text, jsonb, text, text, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_job(text, text, jsonb, text, text, timestamptz, integer) TO oms_retailer;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(
            ENQUEUE,
            "DROP FUNCTION enqueue_job(text, text, jsonb, text, text, timestamptz, integer)",
        ),
    ]
