"""The same export in Python, for comparison: one source to one blessed file, as the systems around the codex do it.

    codexExport.py <root> <source.yaml>              one export, as a program of its own
    codexExport.py <root> <source.yaml> --times N    N exports in one process; milliseconds of each as JSON

Six phases as Sereno has them: workspace, load and validate, prompt, transform, version and atomic write, read back. What is
written is synced with its folder. It has no log, no history, no objects and no limits: it does less.
"""

import hashlib
import json
import os
import sys
import time

try:
    import yaml

    LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
except ImportError:
    sys.exit(3)

MAPPING = {"ty_extract_concise_description": "concise_description.md"}


def fail(message):
    print("❌ Export failed: " + message)
    sys.exit(1)


def load(path):
    if not os.path.exists(path):
        fail("Source file not found: " + path)
    with open(path, encoding="utf-8") as file:
        source = yaml.load(file, Loader=LOADER)
    if not isinstance(source, dict):
        fail("Source file is empty or invalid YAML")
    for key in ("task_id", "title", "model", "generation_config"):
        if key not in source:
            fail("Missing required field: " + key)
    config = source["generation_config"]
    if not isinstance(config.get("temperature"), (int, float)):
        fail("temperature must be numeric")
    if not isinstance(config.get("max_tokens"), int):
        fail("max_tokens must be integer")
    return source


def prompt_of(root, source):
    name = MAPPING.get(source["task_id"])
    if name is None:
        return source["prompt_template"]
    with open(os.path.join(root, "templates", name), encoding="utf-8") as file:
        text = file.read()
    for key, value in source.get("parameters", {}).items():
        text = text.replace("{{ %s }}" % key, str(value))
    return text


def version_after(path):
    if not os.path.exists(path):
        return 1
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=LOADER)["version"] + 1


def write(path, text):
    beside = path + ".part"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(beside, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def export(root, path):
    source = load(path)
    prompt = prompt_of(root, source)
    closure = json.dumps({"source": source, "prompt": prompt}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    task = source["task_id"]
    folder = os.path.join(root, "python")
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, task + ".yaml")
    blessed = {
        "task_id": task,
        "title": source["title"],
        "model_id": source["model"]["model_id"],
        "prompt": prompt,
        "temperature": source["generation_config"]["temperature"],
        "max_tokens": source["generation_config"]["max_tokens"],
        "format": "markdown",
        "expected_behavior": source.get("expected_behavior", ""),
        "qa_schema_id": "qa_%s_v1" % task,
        "source_log_id": os.path.splitext(os.path.basename(path))[0],
        "blessed_by": None,
        "blessed_on": None,
        "version": version_after(target),
        "digest": hashlib.sha256(closure.encode("utf-8")).hexdigest(),
    }
    write(target, yaml.dump(blessed, Dumper=DUMPER, sort_keys=False, allow_unicode=True))
    with open(target, encoding="utf-8") as file:
        if yaml.load(file, Loader=LOADER) != blessed:
            fail("Export verification failed")
    return blessed["version"]


def main():
    root, path = sys.argv[1], sys.argv[2]
    if "--times" not in sys.argv:
        print("✅ Version incremented to %d" % export(root, path))
    else:
        costs = []
        for _ in range(int(sys.argv[-1])):
            start = time.perf_counter()
            export(root, path)
            costs.append((time.perf_counter() - start) * 1e3)
        print(json.dumps({"yaml": "C" if DUMPER is not yaml.SafeDumper else "pure", "ms": costs}))
    usage = os.environ.get("SERENO_USAGE")
    if usage:
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        with open("/proc/self/status") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        with open(usage, "w") as file:
            json.dump([peak / 1024, (used.ru_utime + used.ru_stime) * 1e3], file)


main()
