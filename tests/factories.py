"""Makes people and businesses; each row is written inside its own business."""

from allauth.account.models import EmailAddress
from django.utils.text import slugify

from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.signup import create_business
from dext_sync.businesses.tenancy import acting_in

PASSWORD = "correct horse battery"


def make_user(name: str, *, email: str = "", password: str = PASSWORD) -> User:
    """A person with a verified address: `Alice` is alice@example.com."""
    address = email or f"{slugify(name)}@example.com"
    user = User.objects.create_user(address, password, name=name)
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return user


def make_business(
    name: str,
    *,
    owner: User,
    slug: str = "",
    country: str = "GB",
    currency: str = "GBP",
    time_zone: str = "Europe/London",
    tax_registered: bool = True,
) -> Business:
    """A business as its owner would create it, at a slug a test can write down."""
    business = create_business(
        owner,
        name=name,
        country=country,
        currency=currency,
        time_zone=time_zone,
        tax_registered=tax_registered,
    )
    with acting_in(business.pk):
        business.slug = slug or slugify(name)
        business.save(update_fields=["slug"])
    return business


def make_member(
    business: Business,
    user: User,
    role: Role = Role.STANDARD,
    *,
    publishes: bool = False,
    sees_all_documents: bool = False,
) -> Membership:
    with acting_in(business.pk):
        return Membership.unscoped.create(
            business=business,
            user=user,
            role=role,
            publishes=publishes,
            sees_all_documents=sees_all_documents,
        )
