"""All that is kept of one submission is deleted together, whether the ledger lists it or not."""

from io import BytesIO

from shared.files import CloudStorageFiles
from tests.function_instance import World

HERS = (
    "form/form-1/0f/Снимок экрана №1 (копия)?#%.png",
    "form/form-1/1f/b.txt",
    "mail/form-1/2f/c.txt",
    "mail/raw/form-1/3f.eml",
)
OTHERS = (
    "form/form-10/0f/a.png",
    "form/form-2/form-1/a.png",
    "mail/raw/form-11/3f.eml",
    "mail/raw/4f.eml",
    "mail/form-1",
)


def test_r17_all_of_a_submission_goes_and_nothing_of_another(world: World) -> None:
    files = CloudStorageFiles(world.bucket)
    for name in (*HERS, *OTHERS):
        files.put(name, BytesIO(b"content"), 7, "text/plain", 5.0)
    assert files.delete_of("form-1") == len(HERS)
    assert sorted(world.objects()) == sorted(OTHERS)
    assert files.delete_of("form-1") == 0
    assert files.delete_of("unknown") == 0
