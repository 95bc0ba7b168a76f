from django.db import migrations, models

_NEVER_CHANGED = """
DROP TRIGGER append_only ON "orders_orderattachment";
CREATE TRIGGER append_only BEFORE UPDATE ON "orders_orderattachment"
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER own_never_deleted BEFORE DELETE ON "orders_orderattachment"
    FOR EACH ROW WHEN (NOT OLD.for_partners) EXECUTE FUNCTION refuse_change();
"""
_APPEND_ONLY = """
DROP TRIGGER own_never_deleted ON "orders_orderattachment";
DROP TRIGGER append_only ON "orders_orderattachment";
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "orders_orderattachment"
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    """Partners put files on orders and take them away again; the retailer's own stay as they are."""

    dependencies = [
        ("orders", "0010_holds_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderattachment",
            name="for_partners",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether partners see it through the API."
            ),
        ),
        migrations.RemoveConstraint(model_name="orderattachment", name="order_attachment_once"),
        migrations.AddConstraint(
            model_name="orderattachment",
            constraint=models.UniqueConstraint(
                fields=("order", "sha256", "for_partners"), name="order_attachment_once"
            ),
        ),
        migrations.RunSQL(_NEVER_CHANGED, _APPEND_ONLY),
    ]
