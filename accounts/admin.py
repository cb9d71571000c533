"""The staff's desk: people."""

from django.contrib import admin

from accounts.models import Invitation, Membership, Organiser, User


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ("email", "name", "is_staff", "is_active", "joined_at")
    search_fields = ("email", "name")
    readonly_fields = ("joined_at", "last_login")
    exclude = ("password", "groups", "user_permissions")
    show_full_result_count = False


@admin.register(Organiser)
class OrganiserAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "email", "currency")
    search_fields = ("name", "slug", "email")


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "organiser", "role", "joined_at")
    list_filter = ("role",)
    list_select_related = ("user", "organiser")
    autocomplete_fields = ("user", "organiser")
    search_fields = ("user__email", "organiser__name")


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ("email", "organiser", "role", "invited_at", "accepted_at", "revoked_at")
    list_select_related = ("organiser",)
    search_fields = ("email",)
    exclude = ("token",)

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
