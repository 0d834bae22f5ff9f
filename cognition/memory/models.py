"""The tables of memory: a text once, and beside it its vector by each embedding model that
it was embedded with. Vectors of different models or lengths are never compared."""

from django.db import models

from cognition.conversations.models import Turn


class Memory(models.Model):
    """Something that a person said, or that L2 noted about it."""

    class Kind(models.TextChoices):
        SAID = "said", "said by the person"
        NOTED = "noted", "noted by L2"

    person = models.CharField(max_length=220)
    text = models.TextField()
    kind = models.CharField(max_length=5, choices=Kind)
    turn = models.ForeignKey(
        Turn, null=True, on_delete=models.CASCADE, related_name="memories"
    )
    created_at = models.DateTimeField("when", auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "memories"
        default_permissions = ("view", "delete")
        indexes = (models.Index(fields=["person", "id"], name="memory_person"),)

    def __str__(self) -> str:
        return f"memory {self.pk}"


class MemoryVector(models.Model):
    """The meaning of a memory by one embedding model: `dimension` float32 numbers, little
    endian, of length 1."""

    memory = models.ForeignKey(
        Memory, on_delete=models.CASCADE, related_name="vectors", db_index=False
    )
    # Here too, and not by way of the memory: a recall reads one index, from where it ended.
    person = models.CharField(max_length=220)
    model = models.CharField(max_length=200)
    dimension = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(help_text="Which was live when it was made.")
    vector = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["memory", "model", "dimension"], name="one_vector_per_space"
            ),
        )
        indexes = (
            models.Index(
                fields=["person", "model", "dimension", "id"], name="vector_of_person"
            ),
            models.Index(fields=["model", "dimension"], name="vector_space"),
        )

    def __str__(self) -> str:
        return f"{self.model} ({self.dimension}) of memory {self.memory_id}"
