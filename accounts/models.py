"""Who: users, organisers and their teams."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address. Buyers need none."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField(default=False, help_text="May use the staff's desk (the admin).")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Organiser(models.Model):
    """The tenant: owns events, a team and a payout account."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    email = models.EmailField(help_text="Buyers' replies go here.")
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    currency = models.CharField(max_length=3, default="EUR")
    legal_name = models.CharField(
        max_length=160, blank=True, default="", db_default="", help_text="On invoices, if it is another than the name."
    )
    address = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="On invoices.")
    country = models.CharField(max_length=2, blank=True, default="", db_default="", help_text="ISO 3166, such as DE.")
    vat_id = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="VAT, GST or tax number, on invoices.")
    invoice_prefix = models.CharField(max_length=12, blank=True, default="", db_default="", help_text="Before the numbers of invoices.")
    erase_after_days = models.PositiveSmallIntegerField(
        default=365, db_default=365, help_text="So long after an event its buyers' and attendees' data are kept."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    FINANCE = "finance", _("Finance")
    GATE = "gate", _("Gate")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    """A user's place in an organiser's team."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organiser", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.organiser}"


class Invitation(models.Model):
    """An offer of a place in the team, sent to an e-mail address."""

    organiser = models.ForeignKey(Organiser, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    token = models.CharField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organiser",
                Lower("email"),
                name="one_open_invitation",
                condition=models.Q(accepted_at=None, revoked_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()}"
