"""Names that the Python expressions of the tests may use."""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

NAMES = {
    'Decimal': Decimal,
    'UUID': UUID,
    'date': date,
    'datetime': datetime,
    'inf': float('inf'),
    'nan': float('nan'),
    'time': time,
    'timedelta': timedelta,
    'timezone': timezone,
    'utc': timezone.utc,
}
