import logging

from absl import logging as absl_logging

from pipelines.terminal_log import terminal_log


def test_components_are_shown_and_the_rest_is_not(capfd):
    with terminal_log(verbose=False):
        absl_logging.info("Component %s is running.", "Transform")
        logging.getLogger("apache_beam").warning("a warning of Beam")
        absl_logging.error("Execution %d failed.", 3)
        absl_logging.set_verbosity(absl_logging.get_verbosity())  # as TensorFlow does when it saves a model
        absl_logging.info("A cached execution %d is used.", 7)
        absl_logging.info("Component %s is finished.", "Transform")
    absl_logging.info("Component %s is running.", "Trainer")
    printed, errors = capfd.readouterr()
    assert printed.startswith("Transform\n  unchanged")
    assert "Trainer" not in printed
    assert errors == ""


def test_verbose_shows_what_libraries_log(capfd):
    with terminal_log(verbose=True):
        logging.getLogger("apache_beam").warning("a warning of Beam")
    assert "a warning of Beam" in capfd.readouterr().err
