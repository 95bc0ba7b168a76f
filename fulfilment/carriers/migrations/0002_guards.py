from django.db import migrations

from oms.infra.database.operations import LeaveRoomForUpdates

# A manifest that is being closed is locked, so a parcel is added before that or not at all.
_GUARD = """
CREATE FUNCTION carriers_guard_manifest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF OLD.manifest_id IS NOT NULL THEN
        RAISE EXCEPTION 'parcel % is on manifest %: it stays there', OLD.number, OLD.manifest_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT status INTO found FROM carriers_manifest WHERE id = NEW.manifest_id FOR SHARE;
    IF found <> 'open' THEN
        RAISE EXCEPTION 'manifest % is closed: it takes no more parcels', NEW.manifest_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_manifest BEFORE UPDATE OF manifest_id ON carriers_parcel
    FOR EACH ROW WHEN (NEW.manifest_id IS DISTINCT FROM OLD.manifest_id)
    EXECUTE FUNCTION carriers_guard_manifest();

CREATE FUNCTION carriers_guard_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'manifest % is closed: it never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard_closed BEFORE UPDATE OR DELETE ON carriers_manifest
    FOR EACH ROW WHEN (OLD.status = 'closed') EXECUTE FUNCTION carriers_guard_closed();
"""
_UNGUARD = """
DROP TRIGGER guard_manifest ON carriers_parcel;
DROP FUNCTION carriers_guard_manifest();
DROP TRIGGER guard_closed ON carriers_manifest;
DROP FUNCTION carriers_guard_closed();
"""


class Migration(migrations.Migration):
    dependencies = [("carriers", "0001_initial")]

    operations = [
        migrations.RunSQL(_GUARD, _UNGUARD),
        LeaveRoomForUpdates("carriers_fleetday", 50),
        LeaveRoomForUpdates("carriers_parcel", 80),
    ]
