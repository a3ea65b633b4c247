"""The training loop: steps, averaging, exact resume, measurements on the way."""

import copy
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import numpy as np
import torch
from torch import Tensor

from inference.models.click_network import ClickNetwork
from inference.training.batches import BatchRequest, DrawnBatch, Lesson, drawn_batches
from inference.training.config import TrainingConfig, TrainingConfigInvalid
from inference.training.networks import (
    architecture_of,
    carry,
    config_of,
    parameter_groups,
    start_network,
)
from inference.training.picture_sheet import write_sheet
from inference.training.pretraining import Painter, hidden_loss, painter_for
from inference.training.rounds import Batch, Rounds, lesson_loss
from inference.training.run_folder import CheckpointUnreadable, RunFolder
from inference.training.schedule import Schedule
from inference.training.validation import Case, measure
from inference.training_sets.samples import Drawer

log = logging.getLogger(__name__)

GREATEST_GRADIENT = 3.0
REPORT_EVERY_STEPS = 25
EDIT_SHARE = 0.12
"""Share of the later-click steps that start from a deformed true mask: a label being edited."""


class Trainer:
    """One run in progress.

    Everything that is drawn at random in step n follows from (seed, n), so a run that is resumed
    goes on as it would have gone on without the interruption: exactly, where its length is given
    in steps; where it is given in minutes, the learning rate depends on the machine's pace.

    Attributes:
        network: the weights being trained.
        average: their exponential moving average, which is what is measured and exported.
        painter: of a pretraining: what learns beside the network and is thrown away.
        schedule: how far the run is.
        samples: drawn so far.
        stepping_s: seconds that the steps took so far, without measurements.
    """

    def __init__(
        self,
        config: TrainingConfig,
        drawer: Drawer,
        cases: list[Case],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.drawer = drawer
        self.cases = cases
        self.clock = clock
        self.folder = RunFolder(config.run)
        self.device = choose_device(config)
        torch.manual_seed(config.seed)
        network = first_network(config).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
        self.network: ClickNetwork = network
        self.average = copy.deepcopy(self.network).eval()
        self.painter: Painter | None = None
        if config.pretraining is not None:
            self.painter = painter_for(config.network, config.pretraining).to(self.device)
        self.learning = torch.nn.ModuleList(m for m in (network, self.painter) if m is not None)
        groups, self.rate_shares = parameter_groups(
            self.learning, weight_decay=config.weight_decay, layer_decay=config.layer_decay
        )
        self.optimiser = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99))
        self.samples = 0
        self.stepping_s = 0.0
        self.schedule = Schedule(float(config.steps) if config.steps else config.minutes * 60)
        self.batches: Iterator[DrawnBatch] | None = None

    def requests(self) -> Iterator[BatchRequest]:
        """What the steps to come are made of; read ahead of them, so it keeps a plan of its own.

        Where the run's length is given in minutes, crops change a few steps late.
        """
        planned = replace(self.schedule)
        for step in itertools.count(planned.steps):
            if planned.is_over:
                return
            stage = self.config.stage(
                planned.progress if self.config.steps else self.schedule.progress
            )
            lesson = draw_lesson(self.config, step)
            for part in range(stage.accumulate):
                yield BatchRequest(step, part, stage.accumulate, lesson, stage.crop_px, stage.batch)
            if self.config.steps:
                planned.advance(1.0)

    def start_drawing(self) -> Iterator[DrawnBatch]:
        """The batches of all steps to come, in order."""
        return drawn_batches(
            self.drawer,
            self.config.seed,
            self.requests(),
            workers=self.config.workers,
            pinned=self.device.type == "cuda",
        )

    def loss(self, request: BatchRequest, batch: Batch, rng: np.random.Generator) -> Tensor:
        """What one batch of a step teaches."""
        if self.painter is not None and self.config.pretraining is not None:
            share = self.config.pretraining.hidden_share
            return hidden_loss(self.network, self.painter, batch, rng, hidden_share=share)
        rounds = Rounds(self.network, batch, rng, colour_share=self.config.colour_share)
        return lesson_loss(request.lesson, rounds, batch, rng, latest=self.config.latest_click)

    def step(self) -> float:
        """Train on one step's batches; their mean loss."""
        began = time.perf_counter()
        for group, share in zip(self.optimiser.param_groups, self.rate_shares, strict=True):
            group["lr"] = share * self.schedule.rate(self.config.learning_rate)
        # Before the seed: starting torch's loader takes a random number.
        if self.batches is None:
            self.batches = self.start_drawing()
        # For dropout, noise and clicks drawn on the device.
        torch.manual_seed(seed_of(self.config.seed, self.schedule.steps))
        self.optimiser.zero_grad(set_to_none=True)
        total, is_last = torch.zeros((), device=self.device), False
        while not is_last:
            drawn = next(self.batches)
            request = BatchRequest(*drawn.request)
            rng = np.random.default_rng([self.config.seed, request.step, request.part, 1])
            loss = self.loss(request, Batch.of(drawn, self.device), rng)
            (loss / request.parts).backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it untyped
            total += loss.detach() / request.parts
            self.samples += request.samples
            is_last = request.part == request.parts - 1
        torch.nn.utils.clip_grad_norm_(self.learning.parameters(), GREATEST_GRADIENT)
        self.optimiser.step()
        self.update_average()
        mean = total.item()
        self.stepping_s += time.perf_counter() - began
        return mean

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the average towards the weights; quickly at first."""
        steps = self.schedule.steps
        kept = min(self.config.averaging, (1 + steps) / (10 + steps))
        means: list[torch.Tensor] = list(self.average.parameters())
        weights: list[torch.Tensor] = list(self.network.parameters())
        # One launch instead of one per tensor; torch has no public form of it.
        torch._foreach_lerp_(means, weights, 1 - kept)

    def save(self) -> None:
        """Write the checkpoint."""
        network_config = config_of(self.network)
        painter = {} if self.painter is None else {"painter": self.painter.state_dict()}
        self.folder.save(
            {
                **painter,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "schedule": asdict(self.schedule),
                "samples": self.samples,
                "stepping_s": self.stepping_s,
                "architecture": architecture_of(network_config),
                "config": asdict(network_config),
                "crop_px": self.config.stage(self.schedule.progress).crop_px,
                "final_crop_px": self.config.stages[-1].crop_px,
            }
        )

    def resume(self) -> bool:
        """Go on from the run's checkpoint; False where there is none.

        Raises:
            CheckpointUnreadable: there is one, but it is damaged, or of a pretraining where none
                is wanted, or the reverse.
        """
        if not self.folder.checkpoint.exists():
            return False
        state = self.folder.load()
        if ("painter" in state) != (self.painter is not None):
            raise CheckpointUnreadable(
                f"{self.folder.checkpoint} is of {'a' if self.painter is None else 'no'} "
                "pretraining; it was not touched. Give this run a folder of its own."
            )
        if self.painter is not None:
            self.painter.load_state_dict(state["painter"])
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule = Schedule(**state["schedule"])
        self.samples = state["samples"]
        self.stepping_s = state.get("stepping_s", 0.0)
        self.batches = None
        self.folder.forget_losses_from(self.schedule.steps)
        return True

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Train until the budget is used up or `should_stop` says so, then save and measure."""
        clock = self.clock
        began = saved = measured = clock()
        losses: list[float] = []
        while not self.schedule.is_over and not should_stop():
            losses.append(self.step())
            self.folder.append_loss(self.schedule.steps, losses[-1])
            now = clock()
            self.schedule.advance(1.0 if self.config.steps else now - began)
            began = now
            if self.schedule.steps % REPORT_EVERY_STEPS == 0:
                self.report(losses)
                losses = []
            if now - saved >= self.config.checkpoint_minutes * 60:
                self.save()
                saved = now
            if now - measured >= self.config.validation.every_minutes * 60:
                self.measure()
                measured = clock()
            self.heed_finish_request()
        self.batches = None
        self.save()
        if self.schedule.is_over:
            self.measure()
            if self.painter is not None:
                carry(self.average, self.folder.encoder, image_half_only=True)
                log.info("%s is what other runs can start_from", self.folder.encoder)

    def heed_finish_request(self) -> None:
        """Shorten or lengthen what is left of the run, if somebody asked for it."""
        minutes = self.folder.take_finish_request()
        if minutes is not None and not self.config.steps:
            self.schedule.finish_in(minutes * 60)
            log.info("will end in %.1f minutes, as asked", minutes)

    def report(self, losses: list[float]) -> None:
        """One line in the log."""
        log.info(
            "step %d, %.1f %% of the run, loss %.4f, rate %.2e",
            self.schedule.steps,
            100 * self.schedule.progress,
            np.mean(losses),
            self.schedule.rate(self.config.learning_rate),
        )

    def measure(self) -> None:
        """Measure the averaged weights: a row in the curve, a line in the log, a sheet."""
        if not self.cases:
            return
        found = measure(self.average, self.cases)
        row: dict[str, float] = {"step": self.schedule.steps, "progress": self.schedule.progress}
        row |= {f"miou_{k}": found.mean_iou(k) for k in (1, 3, 5, 10)}
        row["noc_85"] = found.clicks_needed(0.85)
        names = sorted({c.source for c in self.cases})
        for name in names:
            row |= {f"{name}_{k}": found.mean_iou(k, name) for k in (1, 5, 10)}
        row["samples"] = self.samples
        row["noc_90"] = found.clicks_needed(0.90)
        self.folder.append_to_curve(row)
        write_sheet(self.folder.path / "sheet.png", self.cases, found)
        log.info(
            "step %d: mIoU@1 %.3f @3 %.3f @5 %.3f @10 %.3f, NoC85 (of at most 10) %.2f; %s",
            self.schedule.steps,
            *(row[f"miou_{k}"] for k in (1, 3, 5, 10)),
            row["noc_85"],
            ", ".join(f"{n} {row[f'{n}_1']:.2f} {row[f'{n}_10']:.2f}" for n in names),
        )


def seed_of(seed: int, step: int) -> int:
    """A seed for torch's generators in one step."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])


def draw_lesson(config: TrainingConfig, step: int) -> Lesson:
    """What a step teaches."""
    if config.pretraining is not None:
        return "hidden"
    rng = np.random.default_rng([config.seed, step, 0, 2])
    drawn, is_edit = rng.random(), rng.random() < EDIT_SHARE
    if drawn < config.first_click_share:
        return "first"
    if drawn < config.first_click_share + config.iterative_share:
        return "iterative"
    return "edit" if is_edit else "later"


def choose_device(config: TrainingConfig) -> torch.device:
    """The device that a run uses.

    Raises:
        TrainingConfigInvalid: a GPU is asked for and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if config.device == "cuda" and not has_gpu:
        raise TrainingConfigInvalid(
            'device = "cuda", but torch finds no CUDA GPU here. Nothing was started; leave device '
            "out, or start it where there is one."
        )
    if config.device == "cpu" or not has_gpu:
        return torch.device("cpu")
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    return torch.device("cuda")


def first_network(config: TrainingConfig) -> ClickNetwork:
    """The network that a new run starts from: at random, or weights trained before.

    Raises:
        WeightsUnreadable, StartUnusable: `start_from` is missing or damaged, or holds another
            network than the one to be trained.
        TrainingConfigInvalid: crops have a size that the network cannot take.
    """
    network = start_network(config.network, config.start_from)
    for side in [s.crop_px for s in config.stages] + [config.validation.size_px]:
        if (nearest := network.nearest_valid_size(side)) != side:
            raise TrainingConfigInvalid(
                f"The network cannot take crops of {side} px. Nothing was started; take "
                f"{nearest} px in [[stages]] and [validation]."
            )
    return network.train()
