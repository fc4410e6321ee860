"""What is a run called when nobody names it?"""

import secrets

_FIRST = (
    "amber ancient bold brave bright calm clever copper crisp curious daring eager early fair fleet gentle "
    "golden grand happy honest keen kind lively lucid lunar mellow merry mild misty nimble noble patient "
    "placid polite proud quick quiet rapid rustic serene silent silver sleek sly smooth solar stable steady "
    "sunny swift tidy tranquil upbeat vivid warm wise witty young"
).split()
_SECOND = (
    "albatross antelope badger beaver bison bobcat crane curlew deer dolphin dove eagle egret elk falcon "
    "ferret finch fox gazelle goose hare hawk heron ibex jackal jay kestrel lark lemur lynx magpie marten mole "
    "moose newt ocelot orca oriole osprey otter owl panda pelican plover puffin quail rabbit raven robin "
    "salmon seal shrew sparrow squid stork swan tapir tern toad trout vole walrus weasel whale wren yak zebra"
).split()


def made_up_name() -> str:
    """Two words and a number, as in ``quiet-heron-259``."""
    return f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}-{secrets.randbelow(1000)}"
