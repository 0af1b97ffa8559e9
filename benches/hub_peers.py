"""Times hub checkpoints side by side: argiope, transformers, CTranslate2, on random weights of published shapes.

One source of 300 pieces, 64 pieces out, greedy and beam 4, median of 5 runs, each system in a process of its own, one
after the other. `first` is the time to the first piece (encoder and one step), `pieces/s` the rate after it.

    pip install torch transformers ctranslate2
    cargo bench --bench hub --no-run
    python benches/hub_peers.py --t5-tokenizer FILE [--threads 2] [--shapes t5-small t5-base bart-base] [--work DIR]
"""

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE, TARGET, RUNS = 300, 64, 5
SYSTEMS = [
    ("argiope", "f32"),
    ("transformers", "f32"),
    ("ctranslate2", "float32"),
    ("argiope", "int8"),
    ("ctranslate2", "int8"),
    ("argiope", "bf16"),
]


def checkpoint(shape, folder, t5_tokenizer):
    """A folder with random weights of this shape, its tokenizer, and source.json."""
    import torch
    import transformers

    torch.manual_seed(1)
    if shape.startswith("t5"):
        sizes = {
            "t5-small": dict(d_model=512, d_ff=2048, num_layers=6, num_heads=8),
            "t5-base": dict(d_model=768, d_ff=3072, num_layers=12, num_heads=12),
        }[shape]
        config = transformers.T5Config(decoder_start_token_id=0, **sizes)
        written = json.loads(Path(t5_tokenizer).read_text())
        written["padding"] = written["truncation"] = None
        folder.mkdir(parents=True)
        (folder / "tokenizer.json").write_text(json.dumps(written))
        settings = {"tokenizer_class": "T5Tokenizer", "extra_ids": 100}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    else:
        sizes = dict(d_model=768, encoder_layers=6, decoder_layers=6, encoder_ffn_dim=3072, decoder_ffn_dim=3072)
        # as published files have them; CTranslate2 reads these
        sizes |= dict(normalize_before=False, normalize_embedding=True, add_final_layer_norm=False)
        config = transformers.BartConfig(encoder_attention_heads=12, decoder_attention_heads=12, **sizes)
        pieces = ["<s>", "<pad>", "</s>", "<unk>", *(f"w{i}" for i in range(4, 50264)), "<mask>"]
        folder.mkdir(parents=True)
        vocabulary = {piece: place for place, piece in enumerate(pieces)}
        transformers.BartTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    network = transformers.AutoModelForSeq2SeqLM.from_config(config)
    network.generation_config.forced_eos_token_id = None
    network.save_pretrained(folder)
    chance = random.Random(2)
    source = [chance.randrange(10, 30000) for _ in range(SOURCE - 1)] + [config.eos_token_id]
    (folder / "source.json").write_text(json.dumps(source))


def median_ms(run):
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        run()
        times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times)


def report(load_ms, search):
    """Prints a line a beam's width; `search(beam, pieces)` writes exactly that many."""
    for beam in (1, 4):
        first, total = median_ms(lambda: search(beam, 1)), median_ms(lambda: search(beam, TARGET))  # noqa: B023
        line = dict(beam=beam, first_ms=first, total_ms=total, pieces_s=(TARGET - 1) / (total - first) * 1e3)
        line |= dict(load_ms=load_ms, rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        print(json.dumps(line))


def run_transformers(folder, threads):
    import torch
    import transformers

    torch.set_num_threads(threads)
    begun = time.perf_counter()
    network = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    load_ms = (time.perf_counter() - begun) * 1e3
    source = torch.tensor([json.loads((folder / "source.json").read_text())])

    def search(beam, pieces):
        with torch.no_grad():
            lengths = dict(min_new_tokens=pieces, max_new_tokens=pieces)
            found = network.generate(source, attention_mask=torch.ones_like(source), num_beams=beam, **lengths)
        assert found.shape[1] == pieces + 1

    report(load_ms, search)


def run_ctranslate2(folder, threads, kind):
    import ctranslate2

    begun = time.perf_counter()
    translator = ctranslate2.Translator(str(folder / kind), compute_type=kind, intra_threads=threads, inter_threads=1)
    load_ms = (time.perf_counter() - begun) * 1e3
    pieces_of = json.loads((folder / "pieces.json").read_text())
    source = [pieces_of[id] for id in json.loads((folder / "source.json").read_text())]

    def search(beam, pieces):
        lengths = dict(min_decoding_length=pieces, max_decoding_length=pieces, max_input_length=0)
        found = translator.translate_batch([source], beam_size=beam, **lengths)
        assert len(found[0].hypotheses[0]) == pieces

    report(load_ms, search)


def convert(folder, kinds):
    import ctranslate2
    import transformers

    pieces = transformers.AutoTokenizer.from_pretrained(folder).get_vocab()
    names = ["<unk>"] * (max(pieces.values()) + 1)
    for piece, place in pieces.items():
        names[place] = piece
    (folder / "pieces.json").write_text(json.dumps(names))
    for kind in kinds:
        ctranslate2.converters.TransformersConverter(str(folder)).convert(folder / kind, quantization=kind, force=True)


def ours():
    """The newest bench binary."""
    command = ["cargo", "bench", "--bench", "hub", "--no-run", "--message-format=json"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    built = [json.loads(line) for line in lines if '"compiler-artifact"' in line]
    return next(part["executable"] for part in built if part["target"]["name"] == "hub")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--t5-tokenizer", help="tokenizer.json of T5 (32,100 pieces)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shapes", nargs="+", default=["t5-small", "t5-base", "bart-base"])
    parser.add_argument("--work", type=Path, help="where checkpoints are kept; a temporary folder if not given")
    parser.add_argument("--only", help="one system by name")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        system, kind, folder = options.child
        if system == "transformers":
            return run_transformers(Path(folder), options.threads)
        return run_ctranslate2(Path(folder), options.threads, kind)
    work = options.work or Path(tempfile.mkdtemp())
    print(f"| shape | system | weights | beam | first, ms | {TARGET} pieces, ms | pieces/s | load, ms | MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for shape in options.shapes:
        folder = work / shape
        if not (folder / "int8").exists():
            shutil.rmtree(folder, ignore_errors=True)
            checkpoint(shape, folder, options.t5_tokenizer)
            convert(folder, ["float32", "int8"])
        for system, kind in SYSTEMS:
            if options.only in (None, system):
                measure(shape, system, kind, folder, options.threads)


def measure(shape, system, kind, folder, threads):
    if system == "argiope":
        command = ["env", f"RAYON_NUM_THREADS={threads}", ours(), str(folder), kind, str(folder / "source.json")]
    else:
        command = [sys.executable, __file__, "--threads", str(threads), "--child", system, kind, str(folder)]
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode:
        print(output.stderr, file=sys.stderr)
    for line in output.stdout.splitlines():
        found = json.loads(line)
        cells = [shape, system, kind, found["beam"], f"{found['first_ms']:.0f}", f"{found['total_ms']:.0f}"]
        cells += [f"{found['pieces_s']:.1f}", f"{found['load_ms']:.0f}", found["rss_mb"]]
        print("|", " | ".join(map(str, cells)), "|", flush=True)


if __name__ == "__main__":
    main()
